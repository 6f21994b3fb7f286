import Testing

@testable import Core

@Suite struct `Who is calling` {
    private func identify(_ world: World, _ arrival: Arrival) async -> Result<Caller, Refusal> {
        do throws(Refusal) {
            let target = try Binder(rules: world.rules).bind(arrival)
            return .success(try await Authenticator(vault: world.vault, rules: world.rules).identify(arrival, target))
        } catch { return .failure(error) }
    }

    private func gateway(_ world: World, _ fields: [(String, String)]) -> Arrival {
        world.direct(.get, "/stripe/v1/x", [("Host", "127.0.0.1:4700")] + fields)
    }

    private func absolute(_ world: World, _ fields: [(String, String)]) -> Arrival {
        world.direct(.get, "http://api.stripe.com/v1/x", [("Host", "api.stripe.com")] + fields)
    }

    @Test func `a run by its proxy credential`() async throws {
        let world = try await World()
        let caller = try await identify(world, world.tunnelled()).get()
        #expect(caller.run?.id == "billing-7" && caller.key == nil)
        let field = [("Proxy-Authorization", "Basic " + world.basic("billing-7", world.secret))]
        #expect(try await identify(world, absolute(world, field)).get().run?.id == "billing-7")
    }

    @Test func `a run by its secret where the vendor's key would be`() async throws {
        let world = try await World()
        for value in ["Bearer \(world.secret)", world.secret, "Basic " + world.basic(world.secret, "")] {
            #expect(try await identify(world, gateway(world, [("Authorization", value)])).get().run?.id == "billing-7")
        }
    }

    @Test func `a vault key, bare, as Bearer, or in either half of Basic`() async throws {
        let world = try await World()
        let (key, token) = try await world.issue()
        for value in [
            "Bearer \(token)", "bearer \(token)", token, "Basic " + world.basic(token, ""),
            "Basic " + world.basic("AC1", token),
            "Basic " + world.basic(token, token),
        ] {
            #expect(try await identify(world, gateway(world, [("Authorization", value)])).get().key == key, "\(value)")
            #expect(try await identify(world, absolute(world, [("Authorization", value)])).get().key == key, "\(value)")
        }
    }

    @Test func `a vault key in the query where the vendor wants its own there`() async throws {
        var rules = Example.rules()
        rules.vendors["stripe"]?.scheme = .query(name: "key")
        let world = try await World(rules)
        let (key, token) = try await world.issue()
        for name in ["key", "KEY", "%6Bey"] {
            let arrival = world.direct(.get, "/stripe/v1/x?a=1&\(name)=\(token)", [("Host", "127.0.0.1:4700")])
            #expect(try await identify(world, arrival).get().key == key, "\(name)")
        }
        let (_, other) = try await world.issue()
        for (query, code) in [
            ("key=None", "vault_key_invalid"), ("key=vault_key_unknown", "vault_key_invalid"),
            ("key=\(token)&key=\(other)", "malformed_request"), ("token=\(token)", "malformed_request"),
            ("q=%76ault_key_\(token.dropFirst(10))", "malformed_request"),
            ("x=%zz&q=%76ault_key_\(token.dropFirst(10))", "path_not_canonical"),
            ("x=1;key=\(token)", "malformed_request"),
        ] {
            let arrival = world.direct(.get, "/stripe/v1/x?\(query)", [("Host", "127.0.0.1:4700")])
            #expect(await identify(world, arrival).code == code, "\(query)")
        }
    }

    @Test func `a trusted program that names a run it may name`() async throws {
        let world = try await World()
        let django = world.credential("django", "program-secret")
        let named = try await identify(world, world.tunnelled(credential: django, runID: "billing-9")).get()
        #expect(named.run?.id == "billing-9" && named.program == "django")
        let inside = world.tunnelled(
            .post, "/v1/x", [("X-Agent-Run-Id", "billing-8")], credential: django, runID: "billing-9")
        #expect(
            try await identify(world, inside).get().run?.id == "billing-8",
            "the request's name counts, not the CONNECT's")
        let other = world.tunnelled(.post, "/v1/x", [("X-Agent-Run-Id", "admin-1")], credential: django)
        #expect(await identify(world, other).code == "malformed_request")
        #expect(await identify(world, world.tunnelled(credential: django)).code == "credential_missing")
    }

    @Test func `a trusted program names runs within its ceiling only`() async throws {
        let world = try await World()
        let django = world.credential("django", "program-secret")
        let arrival = world.tunnelled(credential: django, runID: "billing-9")
        var ceilings: [(Ceiling, String?)] = [(Ceiling(), nil), (Ceiling(), "policies"), (Ceiling(), "vendors")]
        ceilings += [(Ceiling(), "daily_usd_cap_max"), (Ceiling(), nil), (Ceiling(), "required_tags")]
        ceilings[5].0.requiredTags = ["tenant"]
        ceilings[1].0.policies = ["phones"]
        ceilings[2].0.vendors = ["twilio"]
        ceilings[3].0.caps.daily = Money(micros: 1)
        (ceilings[4].0.policies, ceilings[4].0.vendors) = (["billing"], ["stripe"])
        for (ceiling, limit) in ceilings {
            var rules = world.rules
            rules.trusted[0].ceiling = ceiling
            world.sidecar.replace(rules)
            let found = await identify(world, arrival)
            guard case .failure(.ceilingExceeded(let excess)) = found else {
                #expect(limit == nil, "\(found)")
                continue
            }
            #expect(excess.limit == limit)
        }
    }

    @Test func `the same key in two fields is one; two keys are none`() async throws {
        let world = try await World()
        let (key, token) = try await world.issue()
        let (_, other) = try await world.issue()
        let twice = [("Authorization", "Bearer \(token)"), ("authorization", token)]
        #expect(try await identify(world, gateway(world, twice)).get().key == key)
        let two = [("Authorization", "Bearer \(token)"), ("Authorization", "Bearer \(other)")]
        #expect(await identify(world, gateway(world, two)).code == "malformed_request")
        let halves = [("Authorization", "Basic " + world.basic(token, other))]
        #expect(await identify(world, gateway(world, halves)).code == "malformed_request")
        let mixed = [("Authorization", "Bearer \(token)"), ("Authorization", world.secret)]
        #expect(await identify(world, gateway(world, mixed)).code == "malformed_request")
    }

    @Test(arguments: [
        "Bearer None", "Bearer ", "", "Bearer sk_live_real", "Basic !!!", "Bearer vault_key_unknown", "vk_unknown",
    ])
    func `whatever is shown on the gateway must be a live key`(_ value: String) async throws {
        let world = try await World()
        let proxy = ("Proxy-Authorization", "Basic " + world.basic("billing-7", world.secret))
        #expect(await identify(world, gateway(world, [("Authorization", value), proxy])).code == "vault_key_invalid")
    }

    @Test func `on a vendor's host a placeholder is nothing, what looks like a key must be one`() async throws {
        let world = try await World()
        for value in ["Bearer None", "Bearer sk_live_real", "Basic " + world.basic("AC1", "x")] {
            let arrival = world.tunnelled(.post, "/v1/x", [("Authorization", value)])
            #expect(try await identify(world, arrival).get().run?.id == "billing-7")
        }
        let forged = world.tunnelled(.post, "/v1/x", [("Authorization", "Bearer vault_key_forged")])
        #expect(await identify(world, forged).code == "vault_key_invalid")
    }

    @Test func `a key and a run must belong together`() async throws {
        let world = try await World()
        _ = try await world.vault.register(runID: "other-1", lifetime: .seconds(3600), lease: nil)
        let free = try await world.issue()
        let own = try await world.issue(runID: "billing-7")
        let foreign = try await world.issue(runID: "other-1")
        func ask(_ token: String, _ credential: ProxyCredential? = nil) async -> Result<Caller, Refusal> {
            await identify(world, world.tunnelled(.post, "/v1/x", [("Authorization", token)], credential: credential))
        }
        #expect(try await ask(free.token).get().run?.id == "billing-7")
        #expect(try await ask(own.token).get().run?.id == "billing-7")
        #expect(await ask(foreign.token).code == "vault_key_invalid")
        let django = world.credential("django", "program-secret")
        #expect(await ask(foreign.token, django).code == "vault_key_invalid")
        #expect(try await ask(own.token, django).get().run?.id == "billing-7")
        #expect(try await ask(free.token, django).get().run == nil)
    }

    @Test func `no run acts as another`() async throws {
        let world = try await World()
        let (_, secret) = try await world.vault.register(runID: "billing-8", lifetime: .seconds(3600), lease: nil)
        let named = world.tunnelled(.post, "/v1/x", [("X-Agent-Run-Id", "billing-8")])
        #expect(await identify(world, named).code == "malformed_request")
        let stolen = world.tunnelled(.post, "/v1/x", [("Authorization", "Bearer \(secret)")])
        #expect(await identify(world, stolen).code == "vault_key_invalid")
        let django = world.credential("django", "program-secret")
        let both = [("Authorization", "Bearer \(secret)"), ("X-Agent-Run-Id", "billing-7")]
        #expect(
            await identify(world, world.tunnelled(.post, "/v1/x", both, credential: django)).code == "malformed_request"
        )
        let two = [("X-Agent-Run-Id", "billing-7"), ("X-Agent-Run-Id", "billing-7")]
        #expect(await identify(world, world.tunnelled(.post, "/v1/x", two)).code == "malformed_request")
        for odd in ["billing 7", "", "billing-7\u{E9}", String(repeating: "x", count: 129)] {
            let arrival = world.tunnelled(.post, "/v1/x", [("X-Agent-Run-Id", odd)])
            #expect(await identify(world, arrival).code == "malformed_request", "\(odd)")
        }
    }

    @Test func `a key of a run that ended before we started is dead`() async throws {
        let world = try await World()
        let own = try await world.issue(runID: "billing-7")
        _ = try await world.vault.end(runID: "billing-7")
        let restarted = Sidecar(
            rules: world.rules, vaultStore: world.store, ledger: world.store, audit: world.store, clock: { .start })
        try await restarted.vault.load()
        let arrival = gateway(world, [("Authorization", own.token)])
        let target = try Binder(rules: world.rules).bind(arrival)
        await #expect(throws: Refusal.runExpired) {
            try await Authenticator(vault: restarted.vault, rules: world.rules).identify(arrival, target)
        }
    }

    @Test func `a key of a run that was never registered counts on the run's policy`() async throws {
        let world = try await World()
        let own = try await world.issue(runID: "billing-99")
        let arrival = gateway(world, [("Authorization", own.token)])
        let caller = try await identify(world, arrival).get()
        #expect(caller.run?.id == "billing-99")
    }

    @Test func `revoked, ended and expired are told apart`() async throws {
        let world = try await World()
        let keys = try await (world.issue(), world.issue())
        _ = try await world.vault.revoke(keyID: keys.0.key.id)
        #expect(await identify(world, gateway(world, [("Authorization", keys.0.token)])).code == "vault_key_revoked")
        world.pass(.seconds(3600))
        #expect(await identify(world, gateway(world, [("Authorization", keys.1.token)])).code == "vault_key_expired")
        world.pass(.seconds(86_400))
        #expect(await identify(world, world.tunnelled()).code == "run_expired")
        _ = try await world.vault.revoke(runID: "billing-7")
        #expect(await identify(world, world.tunnelled()).code == "run_revoked")
    }

    @Test func `nobody, without a credential`() async throws {
        let world = try await World()
        #expect(await identify(world, gateway(world, [])).code == "credential_missing")
        #expect(await identify(world, absolute(world, [])).code == "proxy_authentication_required")
        let wrong = [("Proxy-Authorization", "Basic " + world.basic("billing-7", "wrong"))]
        #expect(await identify(world, absolute(world, wrong)).code == "proxy_authentication_required")
        for value in [
            "", "Bearer x", "Basic", "Basic %%%", "Basic " + String(bytes: Base64.encode(Array("nocolon".utf8))),
        ] {
            let result = await identify(world, absolute(world, [("Proxy-Authorization", value)]))
            #expect(result.code == "proxy_authentication_required", "\(value)")
        }
    }

    @Test func `another vendor's key is no key here`() async throws {
        let world = try await World()
        let (_, token) = try await world.issue(vendor: "twilio")
        #expect(await identify(world, gateway(world, [("Authorization", token)])).code == "vendor_not_granted")
    }
}

extension Result where Success == Caller, Failure == Refusal {
    var code: String? { if case .failure(let refusal) = self { refusal.code } else { nil } }
}
