import Testing

@testable import Core

@Suite struct `A wall clock` {
    @Test(arguments: [(0, nil), (999_999, nil), (1_000_000, 1_000_000), (-3_600_000_000, -3_600_000_000)])
    func `that is set is noticed, and drift is not`(_ set: Int64, _ found: Int64?) {
        var watch = ClockWatch(wall: .start, steady: .seconds(7))
        let wall = .start + Span(microseconds: 5_000_000 + set)
        #expect(watch.step(wall: wall, steady: .seconds(12))?.microseconds == found)
        #expect(watch.step(wall: wall + .seconds(1), steady: .seconds(13)) == nil, "once")
    }
}

/// A world whose clock is set while another runs on.
private struct SetWorld {
    let world: World
    let steady = Guarded(Span.seconds(1000))

    init(_ rules: Rules = Example.rules()) async throws {
        world = try await World(rules)
        await world.sidecar.follow(.seconds(1000))
    }

    /// Time passes on both clocks.
    func pass(_ span: Span) async {
        world.pass(span)
        await set(.seconds(0), after: span)
    }

    /// The wall clock is set, and somebody looks.
    func set(_ step: Span, after span: Span = .seconds(0)) async {
        world.pass(step)
        let now = steady.withLockedValue { steady in
            steady = Span(microseconds: steady.microseconds + span.microseconds)
            return steady
        }
        await world.sidecar.follow(now)
    }

    func use(_ token: String) async -> String? {
        let client = FakeClient()
        let fields = [("Host", "127.0.0.1:4700"), ("Authorization", "Bearer \(token)")]
        await world.answer(world.direct(.get, "/stripe/v1/balance", fields), client, from: FakeOrigin(200))
        return client.refusal?.code
    }
}

@Suite struct `When the clock is set back` {
    @Test(arguments: [-3600, -86_400 * 400])
    func `a key lives no longer than it had to`(_ step: Int64) async throws {
        let clock = try await SetWorld()
        let token = try await clock.world.issue().token
        await clock.pass(.seconds(3540))
        await clock.set(.seconds(step))
        await clock.pass(.seconds(59))
        #expect(await clock.use(token) == nil)
        await clock.pass(.seconds(1))
        #expect(await clock.use(token) == "vault_key_expired")
    }

    @Test func `what has ended stays ended, also where only the store knows it`() async throws {
        let clock = try await SetWorld()
        let tokens = [try await clock.world.issue().token, try await clock.world.issue().token]
        await clock.pass(.seconds(3600))
        #expect(await clock.use(tokens[0]) == "vault_key_expired")
        await clock.pass(.seconds(7200))
        clock.world.vault.forgetEnded()
        clock.world.pass(.seconds(-10_000))
        #expect(await clock.use(tokens[0]) == "vault_key_expired", "before anybody looked at the clock")
        await clock.set(.seconds(0))
        #expect(await clock.use(tokens[1]) == "vault_key_expired")
    }

    @Test func `a run keeps what is left of its lease`() async throws {
        let clock = try await SetWorld()
        let vault = clock.world.vault
        _ = try await vault.register(runID: "r", lifetime: .seconds(600), lease: .seconds(30))
        await clock.pass(.seconds(10))
        await clock.set(.seconds(-5000))
        #expect(vault.liveRun("r")?.status(at: vault.clock()) == .active)
        await clock.pass(.seconds(20))
        #expect(vault.liveRun("r")?.status(at: vault.clock()) == .expired)
    }

    @Test func `a start afterwards goes by the time that the store was told`() async throws {
        let clock = try await SetWorld()
        let key = try await clock.world.issue().key
        await clock.pass(.seconds(3000))
        clock.world.pass(.seconds(-8000))
        let store = clock.world.store
        let now = clock.world.vault.clock()
        let again = Sidecar(
            rules: clock.world.rules, vaultStore: store, ledger: store, audit: store, clock: { now })
        try await again.load()
        let loaded = try await again.vault.key(id: key.id)
        #expect(loaded?.expiresAt == now + .seconds(600))
        #expect(try await store.lastClock() == now)
    }
}

@Suite struct `A stop for a while` {
    @Test(arguments: [-5000, 5000])
    func `lasts as long as it was to, however the clock is set`(_ step: Int64) async throws {
        let clock = try await SetWorld()
        let stops = clock.world.sidecar.stops
        _ = try await stops.stop(.all, for: .seconds(60), reason: "", by: "ops")
        await clock.set(.seconds(step))
        await clock.pass(.seconds(59))
        #expect(stops.all.count == 1)
        await clock.pass(.seconds(1))
        #expect(stops.all.isEmpty)
    }

    @Test func `stays in the books for that long too`() async throws {
        let clock = try await SetWorld()
        _ = try await clock.world.sidecar.stops.stop(.all, for: .seconds(60), reason: "", by: "ops")
        clock.world.store.breaks("disk full")
        await clock.set(.seconds(-5000))
        #expect(clock.world.store.state.withLockedValue { $0.stops[0].until } == .start + .seconds(60))
        clock.world.store.breaks(nil)
        await clock.pass(.seconds(1))
        #expect(clock.world.store.state.withLockedValue { $0.stops[0].until } == .start + .seconds(-4940))
    }
}

@Suite struct `When the clock is set ahead` {
    @Test func `a key ends early`() async throws {
        let clock = try await SetWorld()
        let token = try await clock.world.issue().token
        await clock.set(.seconds(3600))
        #expect(await clock.use(token) == "vault_key_expired")
    }

    @Test func `and back, what was made meanwhile lives no longer`() async throws {
        let clock = try await SetWorld()
        await clock.set(.seconds(86_400 * 1000))
        let token = try await clock.world.issue().token
        await clock.set(.seconds(-86_400 * 1000))
        await clock.pass(.seconds(3599))
        #expect(await clock.use(token) == nil)
        await clock.pass(.seconds(1))
        #expect(await clock.use(token) == "vault_key_expired")
    }
}
