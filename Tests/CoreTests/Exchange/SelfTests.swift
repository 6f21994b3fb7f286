import Testing

@testable import Core

@Suite struct `A caller that asks about itself` {
    private static let path = "/_cofferdam/self"

    private func ask(
        _ world: World, _ fields: [(String, String)], _ path: String = path, method: Core.Method = .get,
        owner: String? = nil
    ) async throws -> (json: JSONValue, code: String?) {
        let (client, origin) = (FakeClient(), FakeOrigin(200))
        var arrival = world.direct(method, path, [("Host", "127.0.0.1:4700")] + fields)
        arrival.owner = owner
        await world.answer(arrival, client, from: origin)
        #expect(origin.requests.isEmpty)
        let said = client.text
        return (said.isEmpty ? .null : try JSONValue.parse(Array(said.utf8)), client.refusal?.code)
    }

    private func vendor(_ json: JSONValue, _ name: String) -> JSONValue? {
        guard case .array(let vendors) = json["vendors"] else { return nil }
        return vendors.first { $0["vendor"]?.text == name }
    }

    @Test func `by a run's credential learns its rights, what is left, and until when`() async throws {
        let world = try await World()
        let (payment, client) = world.payment()
        await world.answer(payment, client, from: FakeOrigin(200))
        let (json, code) = try await ask(world, [("Authorization", "Bearer \(world.secret)")])
        #expect(code == nil && json["run_id"]?.text == "billing-7")
        #expect(json["deadline"]?.text == (Moment.start + .seconds(86_400)).rfc3339)
        let stripe = try #require(vendor(json, "stripe"))
        #expect(stripe["policy"]?.text == "billing" && stripe["stopped"] == nil)
        #expect(stripe["allowed_endpoints"] == .array([.string("/*")]))
        guard case .array(let caps) = stripe["caps"], let cap = caps.first else {
            Issue.record("no caps in \(json)")
            return
        }
        #expect(cap["spent_usd"]?.text == "5.00", "\(cap)")
        let cap0 = try #require(cap["cap_usd"]?.text.flatMap { Money(decimal: $0) })
        #expect(cap["remaining_usd"]?.text == (cap0 - .dollars(5)).decimal)
        #expect(stripe["remaining_usd"] == cap["remaining_usd"])
        #expect(vendor(json, "absent") == nil, "nothing can be done there now")
    }

    @Test func `by a vault key learns that key's`() async throws {
        let world = try await World()
        let (key, token) = try await world.issue(["POST /v1/charges"], caps: Caps(daily: .dollars(20)))
        let json = try await ask(world, [("Authorization", "Bearer \(token)")]).json
        #expect(json["run_id"] == nil && json["key"]?["id"]?.text == key.id)
        #expect(json["key"]?["expires_at"]?.text == key.expiresAt.rfc3339)
        let stripe = try #require(vendor(json, "stripe"))
        #expect(stripe["allowed_endpoints"] == .array([.string("POST /v1/charges")]))
        #expect(stripe["remaining_usd"]?.text == "20.00")
        #expect(vendor(json, "twilio") == nil)
    }

    @Test func `learns that it is stopped`() async throws {
        let world = try await World()
        _ = try await world.sidecar.stops.stop(.run(Glob("billing-*")), for: nil, reason: "", by: "x")
        let json = try await ask(world, [("Authorization", "Bearer \(world.secret)")]).json
        #expect(vendor(json, "stripe")?["stopped"]?.text == "run=billing-*")
    }

    @Test func `must be known, and can ask nothing else`() async throws {
        let world = try await World()
        let own = [("Authorization", "Bearer \(world.secret)")]
        #expect(try await ask(world, []).code == "credential_missing")
        #expect(try await ask(world, [("Authorization", "Bearer None")]).code == "vault_key_invalid")
        #expect(try await ask(world, own, "/_cofferdam/other").code == "unknown_vendor")
        #expect(try await ask(world, own, "/_cofferdam").code == "unknown_vendor")
        #expect(try await ask(world, own, method: .post).code == "method_not_allowed")
        _ = try await world.vault.revoke(runID: "billing-7")
        #expect(try await ask(world, own).code == "run_revoked")
    }

    @Test func `needs no credential on its own listener`() async throws {
        let world = try await World()
        #expect(try await ask(world, [], owner: "billing-9").json["run_id"]?.text == "billing-9")
    }
}

@Suite struct `A run's own listener` {
    private func ask(_ world: World, _ arrival: Arrival, owner: String) async -> (code: String?, sent: Int) {
        let (client, origin) = (FakeClient(), FakeOrigin(200))
        var arrival = arrival
        arrival.owner = owner
        await world.answer(arrival, client, from: origin)
        return (client.refusal?.code, origin.requests.count)
    }

    private func connect(_ world: World, _ fields: [(String, String)], owner: String?) async -> String? {
        let head = RequestHead(method: .connect, target: Array("api.stripe.com:443".utf8), fields: Fields(fields))
        do throws(Refusal) {
            _ = try await Exchange(sidecar: world.sidecar, origin: FakeOrigin(200)).connect(head, owner: owner)
            return nil
        } catch { return error.code }
    }

    @Test func `asks for no secret, in no way in`() async throws {
        let world = try await World()
        #expect(await connect(world, [], owner: "billing-9") == nil)
        #expect(await connect(world, [], owner: nil) == "proxy_authentication_required")
        var inside = world.tunnelled(.get, "/v1/payment_intents/x")
        inside.way = .tunnel(host: "api.stripe.com", nil, runID: nil)
        let others = [
            world.direct(.get, "http://api.stripe.com/v1/payment_intents/x", [("Host", "api.stripe.com")]),
            world.direct(.get, "/stripe/v1/payment_intents/x", [("Host", "127.0.0.1:4700")]),
        ]
        for arrival in [inside] + others {
            #expect(await ask(world, arrival, owner: "billing-9") == (nil, 1))
        }
        #expect(Set(world.decisions.compactMap(\.runID)) == ["billing-9"])
    }

    @Test func `is gone with the next reload, also for connections that are left`() async throws {
        let world = try await World()
        var rules = world.rules
        rules.ownRuns = ["billing-7"]
        world.sidecar.replace(rules)
        #expect(await connect(world, [], owner: "billing-9") == "proxy_authentication_required")
        let left = world.direct(.get, "/stripe/v1/payment_intents/x", [("Host", "127.0.0.1:4700")])
        #expect(await ask(world, left, owner: "billing-9") == ("proxy_authentication_required", 0))
    }

    @Test func `is nobody else's`() async throws {
        let world = try await World()
        let own = "Basic " + world.basic("billing-7", world.secret)
        #expect(await connect(world, [("Proxy-Authorization", own)], owner: "billing-7") == nil)
        #expect(
            await connect(world, [("Proxy-Authorization", own)], owner: "billing-9") == "proxy_authentication_required")
        let named = [("Host", "api.stripe.com"), ("X-Agent-Run-Id", "billing-8")]
        let other = world.direct(.get, "http://api.stripe.com/v1/x", named)
        #expect(await ask(world, other, owner: "billing-9").code == "malformed_request")
        let secret = [("Host", "api.stripe.com"), ("Authorization", "Bearer \(world.secret)")]
        let stranger = world.direct(.get, "http://api.stripe.com/v1/x", secret)
        #expect(await ask(world, stranger, owner: "billing-9").code == "vault_key_invalid")
    }

    @Test func `falls with its run`() async throws {
        let world = try await World()
        let arrival = world.direct(.get, "http://api.stripe.com/v1/x", [("Host", "api.stripe.com")])
        _ = try await world.vault.revoke(runID: "billing-9")
        #expect(await ask(world, arrival, owner: "billing-9") == ("run_revoked", 0))
        // As for every run: a client shows the refusal that comes inside the tunnel.
        #expect(await connect(world, [], owner: "billing-9") == nil)
    }

    @Test func `merely opens a virtual host`() async throws {
        var rules = Example.rules()
        rules.virtualHosts.proxy = "proxy.keys.example"
        let world = try await World(rules)
        let (_, token) = try await world.issue(runID: "billing-8")
        let host = ("Host", "proxy.keys.example")
        for (fields, code) in [([host], "credential_missing"), ([host, ("Authorization", "Bearer \(token)")], nil)] {
            let arrival = world.direct(.get, "http://proxy.keys.example/stripe/v1/x", fields)
            #expect(await ask(world, arrival, owner: "billing-9").code == code)
        }
    }
}
