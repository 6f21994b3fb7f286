import Testing

@testable import Core

/// Remembers what it was asked for.
private final class FakeKeyService: KeyService {
    let asked = Guarded<[String]>([])

    func answer(_ head: RequestHead, _ target: ArraySlice<UInt8>, _ client: some Client) async {
        asked.withLockedValue { $0.append("\(head.method.rawValue) \(String(bytes: target))") }
        client.begin(AnswerHead(status: 200, framing: .fixed(0)))
        client.end(Fields())
    }
}

@Suite struct `A virtual host` {
    private static let api = "api.keys.example"
    private static let proxy = "proxy.keys.example"

    private static func world() async throws -> World {
        var rules = Example.rules()
        (rules.virtualHosts.api, rules.virtualHosts.proxy) = (api, proxy)
        return try await World(rules)
    }

    /// What became of a request, and what the key service was asked.
    private func ask(_ world: World, _ arrival: Arrival) async -> (code: String?, keys: [String], vendor: [String]) {
        let (origin, client, keys) = (FakeOrigin(200), FakeClient(), FakeKeyService())
        await Exchange(sidecar: world.sidecar, origin: origin, keyService: keys).answer(arrival, client)
        let sent = origin.requests.map { "\($0.method.rawValue) \($0.host)\(String(bytes: $0.target))" }
        return (client.refusal?.code, keys.asked.withLockedValue { $0 }, sent)
    }

    private func bearer(_ token: String) -> [(String, String)] { [("Authorization", "Bearer \(token)")] }

    @Test func `of the key service is the key service, in a tunnel and in absolute form`() async throws {
        let world = try await Self.world()
        let arrivals = [
            world.tunnelled(.delete, "/v1/keys/a?reason=b", host: Self.api),
            world.tunnelled(.delete, "https://\(Self.api)/v1/keys/a?reason=b", host: Self.api),
            world.direct(.delete, "http://\(Self.api)/v1/keys/a?reason=b", [("Host", Self.api)]),
        ]
        for arrival in arrivals {
            let (code, keys, vendor) = await ask(world, arrival)
            #expect(code == nil && keys == ["DELETE /v1/keys/a?reason=b"] && vendor.isEmpty, "\(keys)")
        }
    }

    @Test func `is nobody else`() async throws {
        let world = try await Self.world()
        let arrivals: [(Arrival, String)] = [
            (world.direct(.get, "/v1/keys", [("Host", Self.api)]), "authority_mismatch"),
            (world.direct(.get, "http://\(Self.api):8080/v1/keys", [("Host", Self.api + ":8080")]), "host_not_allowed"),
            (world.direct(.get, "http://\(Self.api)/v1/keys", [("Host", "localhost:4700")]), "authority_mismatch"),
            (world.tunnelled(.get, "https://\(Self.proxy)/v1/keys", host: Self.api), "authority_mismatch"),
        ]
        for (arrival, expected) in arrivals {
            let (code, keys, vendor) = await ask(world, arrival)
            #expect(code == expected && keys.isEmpty && vendor.isEmpty, "\(code ?? "")")
        }
    }

    @Test func `is a host like any other where none is configured`() async throws {
        let world = try await World()
        let arrival = world.direct(.get, "http://\(Self.api)/v1/keys", [("Host", Self.api)])
        #expect(await ask(world, arrival).code == "host_not_allowed")
        let connect = RequestHead(
            method: .connect, target: Array("\(Self.api):443".utf8),
            fields: Fields([("Proxy-Authorization", "Basic " + world.basic("billing-7", world.secret))]))
        await #expect(throws: Refusal.hostNotAllowed(host: "\(Self.api):443")) {
            try await Exchange(sidecar: world.sidecar, origin: FakeOrigin(200)).connect(connect)
        }
    }

    @Test func `is opened by a CONNECT with a good proxy credential, to port 443`() async throws {
        let world = try await Self.world()
        let exchange = Exchange(sidecar: world.sidecar, origin: FakeOrigin(200))
        for host in [Self.api, Self.proxy] {
            let good = "Basic " + world.basic("billing-7", world.secret)
            for (target, field, code) in [
                ("\(host):443", good, nil), ("\(host):80", good, "host_not_allowed"),
                ("\(host):443", "Basic " + world.basic("billing-7", "x"), "proxy_authentication_required"),
            ] {
                let head = RequestHead(
                    method: .connect, target: Array(target.utf8), fields: Fields([("Proxy-Authorization", field)]))
                do throws(Refusal) {
                    guard case .intercept(let opened, _, _) = try await exchange.connect(head) else {
                        Issue.record("not intercepted")
                        continue
                    }
                    #expect(opened == host && code == nil)
                } catch { #expect(error.code == code) }
            }
        }
    }

    @Test func `of the gateway takes a vault key, and a proxy credential for nothing`() async throws {
        let world = try await Self.world()
        let (_, other) = try await world.issue(runID: "billing-8")
        for (fields, code) in [
            (bearer(other), nil), ([], "credential_missing"), (bearer("None"), "vault_key_invalid"),
            (bearer(world.secret), nil),
        ] {
            let (seen, _, vendor) = await ask(
                world, world.tunnelled(.get, "/stripe/v1/x", fields, host: Self.proxy))
            #expect(seen == code)
            #expect(vendor == (code == nil ? ["GET api.stripe.com/v1/x"] : []))
            let absolute = world.direct(
                .get, "http://\(Self.proxy)/stripe/v1/x", [("Host", Self.proxy)] + fields)
            #expect(await ask(world, absolute).code == code)
        }
    }

    @Test func `is closed to whoever opened it and is no longer there`() async throws {
        let world = try await Self.world()
        let (_, key) = try await world.issue()
        let requests = [
            world.tunnelled(.get, "/stripe/v1/x", bearer(key), host: Self.proxy),
            world.tunnelled(.get, "/v1/keys", host: Self.api),
        ]
        for arrival in requests { #expect(await ask(world, arrival).code == nil) }
        _ = try await world.vault.revoke(runID: "billing-7")
        for arrival in requests { #expect(await ask(world, arrival).code == "run_revoked") }
        let stranger = world.tunnelled(.get, "/v1/keys", host: Self.api, credential: world.credential("x", "y"))
        #expect(await ask(world, stranger).code == "proxy_authentication_required")
        let django = world.credential("django", "program-secret")
        #expect(await ask(world, world.tunnelled(.get, "/v1/keys", host: Self.api, credential: django)).code == nil)
    }
}
