import Testing

@testable import Core

@Suite struct `The exchange of a run for a key` {
    private func exchange(_ world: World, _ runID: String = "billing-7") async throws(Refusal) -> VaultKey {
        let run = world.vault.liveRun(runID) ?? world.vault.assumed(runID)
        return try await world.vault.exchange(run, for: "stripe", world.rules.policy(for: run.id, "stripe"))
    }

    @Test func `gives one key, however many ask at once`() async throws {
        let world = try await World()
        let keys = try await withThrowingTaskGroup(of: VaultKey.self) { group in
            for _ in 0..<200 { group.addTask { try await exchange(world) } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1.id) }
        }
        #expect(keys.count == 1)
        #expect(world.store.state.withLockedValue { $0.puts } == 1)
    }

    @Test func `gives the same key until it expires, then another`() async throws {
        let world = try await World()
        let first = try await exchange(world)
        world.pass(.seconds(299))
        #expect(try await exchange(world) == first)
        world.pass(.seconds(1))
        #expect(try await exchange(world).id != first.id)
    }

    @Test func `gives nothing without a policy`() async throws {
        let world = try await World()
        #expect(
            await refusal { () async throws(Refusal) in try await exchange(world, "stranger") }?.code
                == "vendor_not_granted")
    }

    @Test func `takes the first policy that fits`() async throws {
        let world = try await World()
        var rules = world.rules
        rules.policies.insert(Example.policy("first", ["/v1/charges"]), at: 0)
        world.sidecar.replace(rules)
        let key = try await exchange(world)
        #expect(key.policy == "first" && key.endpoints.map(\.text) == ["/v1/charges"])
    }

    @Test func `does not undo a revocation, not even at a restart`() async throws {
        let world = try await World()
        let key = try await exchange(world)
        _ = try await world.vault.revoke(keyID: key.id)
        #expect(await refusal { () async throws(Refusal) in try await exchange(world) } == .vaultKeyRevoked)
        world.pass(.seconds(301))
        #expect(await refusal { () async throws(Refusal) in try await exchange(world) } == .vaultKeyRevoked)
        let inFlight = InFlight()
        let stops = Stops(store: world.store, inFlight: inFlight, clock: world.vault.clock)
        let again = Vault(store: world.store, inFlight: inFlight, stops: stops, clock: world.vault.clock)
        try await again.load()
        let run = try #require(again.liveRun("billing-7"))
        #expect(
            await refusal { () async throws(Refusal) in
                try await again.exchange(run, for: "stripe", world.rules.policy(for: run.id, "stripe"))
            }
                == .vaultKeyRevoked)
        try await world.vault.reopen(runID: "billing-7", vendor: "stripe")
        #expect(try await exchange(world).id != key.id)
    }

    @Test func `does not undo a revocation while that is being written, nor when it can't be`() async throws {
        let world = try await World()
        let key = try await exchange(world)
        let seen = Guarded<Refusal?>(nil)
        world.store.beforePut.withLockedValue { door in
            door = {
                world.store.beforePut.withLockedValue { $0 = nil }
                let refused = await refusal { () async throws(Refusal) in try await exchange(world) }
                seen.withLockedValue { $0 = refused }
                world.store.breaks("disk full")
            }
        }
        await #expect(throws: StoreFailure.self) { try await world.vault.revoke(keyID: key.id) }
        #expect(seen.withLockedValue { $0 } == .vaultKeyRevoked)
        world.store.breaks(nil)
        #expect(await refusal { () async throws(Refusal) in try await exchange(world) } == .vaultKeyRevoked)
        // The second try makes it durable.
        _ = try await world.vault.revoke(keyID: key.id)
        #expect(world.store.state.withLockedValue { $0.keys[key.id]?.revokedAt } != nil)
        #expect(world.store.state.withLockedValue { $0.blocked.count } == 1)
    }

    @Test func `is not stopped by the revocation of a key that was replaced before`() async throws {
        let world = try await World()
        let old = try await exchange(world)
        world.pass(.seconds(301))
        let new = try await exchange(world)
        _ = try await world.vault.revoke(keyID: old.id)
        #expect(try await exchange(world) == new)
    }

    @Test func `is stopped by a revocation that comes while a new key is written`() async throws {
        let world = try await World()
        let old = try await exchange(world)
        world.pass(.seconds(301))
        world.store.beforePut.withLockedValue { door in
            door = {
                world.store.beforePut.withLockedValue { $0 = nil }
                _ = try? await world.vault.revoke(keyID: old.id)
            }
        }
        #expect(await refusal { () async throws(Refusal) in try await exchange(world) } == .vaultKeyRevoked)
    }

    @Test func `gives a new key when the policy has changed`() async throws {
        let world = try await World()
        let old = try await exchange(world)
        var rules = world.rules
        rules.policies[0].fingerprint = "2"
        rules.policies[0].endpoints = []
        world.sidecar.replace(rules)
        let new = try await exchange(world)
        #expect(new.id != old.id && new.endpoints.isEmpty)
    }

    @Test func `never gives a key of an older policy that is still being written`() async throws {
        let world = try await World()
        let joined = Guarded<Task<VaultKey, any Error>?>(nil)
        world.store.beforePut.withLockedValue { door in
            door = {
                world.store.beforePut.withLockedValue { $0 = nil }
                var rules = world.rules
                rules.policies[0].fingerprint = "2"
                world.sidecar.replace(rules)
                joined.withLockedValue { $0 = Task { try await exchange(world) } }
                // Time for that one to find the exchange that is under way.
                for _ in 0..<1000 { await Task.yield() }
            }
        }
        #expect(try await exchange(world).policyFingerprint == "1")
        let late = try #require(joined.withLockedValue { $0 })
        #expect(try await late.value.policyFingerprint == "2")
    }

    @Test func `is refused while the store can't be written`() async throws {
        let world = try await World()
        world.store.breaks("disk full")
        #expect(
            await refusal { () async throws(Refusal) in try await exchange(world) } == .storeUnavailable("disk full"))
        world.store.breaks(nil)
        _ = try await exchange(world)
    }
}

@Suite struct `A run` {
    @Test func `that lives can't be registered again; an ended one can, a revoked one not`() async throws {
        let world = try await World()
        func register() async throws {
            _ = try await world.vault.register(runID: "billing-7", lifetime: .seconds(60), lease: nil)
        }
        await #expect(throws: RunProblem.alive) { try await register() }
        _ = try await world.vault.end(runID: "billing-7")
        try await register()
        #expect(world.vault.run(secret: SecretDigest(of: world.secret)) == nil, "the old secret is dead")
        _ = try await world.vault.revoke(runID: "billing-7")
        await #expect(throws: RunProblem.revoked) { try await register() }
        world.pass(.seconds(86_400 * 3))
        world.vault.forgetEnded()
        await #expect(throws: RunProblem.revoked) { try await register() }
        _ = try await world.vault.resume(runID: "billing-7")
        try await register()
    }

    @Test func `is revoked in memory although the store can't be written, and durably by the second try`() async throws
    {
        let world = try await World()
        world.store.breaks("disk full")
        await #expect(throws: RunProblem.store(StoreFailure("disk full"))) {
            try await world.vault.revoke(runID: "billing-7")
        }
        #expect(world.vault.liveRun("billing-7")?.revokedAt != nil)
        await #expect(throws: RunProblem.self) { try await world.vault.revoke(runID: "billing-7") }
        world.store.breaks(nil)
        _ = try await world.vault.revoke(runID: "billing-7")
        #expect(world.store.state.withLockedValue { $0.runs["billing-7"]?.revokedAt } != nil)
    }

    @Test func `that was never registered can be revoked before it comes`() async throws {
        let world = try await World()
        _ = try await world.vault.revoke(runID: "billing-future")
        #expect(world.vault.liveRun("billing-future")?.status(at: .start) == .revoked)
    }

    @Test func `is cut, and nobody else`() async throws {
        let world = try await World()
        let cut = Guarded<[String]>([])
        for run in ["billing-7", "billing-8"] {
            _ = world.sidecar.inFlight.enter(
                InFlight.Entry(Subject(runID: run), keyIDs: []) { _ in cut.withLockedValue { $0.append(run) } })
        }
        _ = try await world.vault.revoke(runID: "billing-7")
        #expect(cut.withLockedValue { $0 } == ["billing-7"])
    }
}
