import Testing

@testable import Core

private let bill = "amount=500&currency=usd"

@Suite struct `A request with an idempotency key` {
    private func pay(
        _ world: World, _ origin: FakeOrigin, key: String? = "k1", _ content: String = bill,
        run: (id: String, secret: String)? = nil, fields: [(String, String)] = []
    ) async -> FakeClient {
        var (arrival, client) = world.payment(content)
        if let key { arrival.head.fields.append("Idempotency-Key", key) }
        for (name, value) in fields { arrival.head.fields.append(name, value) }
        if let run {
            arrival.way = .tunnel(host: "api.stripe.com", world.credential(run.id, run.secret), runID: nil)
        }
        await world.answer(arrival, client, from: origin)
        return client
    }

    private var repeated: FakeOrigin { FakeOrigin(200, "{}", [("Idempotent-Replayed", "true")]) }

    private func neighbour(_ world: World) async throws -> (id: String, secret: String) {
        ("billing-8", try await world.vault.register(runID: "billing-8", lifetime: .seconds(60), lease: nil).secret)
    }

    @Test func `is one spend when the vendor repeats its answer`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        let again = await pay(world, repeated)
        #expect(again.refusal == nil && again.said.first == .head(200))
        #expect(world.closings == [.settled(.dollars(5)), .released] && world.spent.counted == .dollars(5))
        let first = try #require(world.decisions.first?.requestID)
        #expect(world.outcomes.last?.evidence == "a repetition of \(first): the vendor did not act again")
    }

    @Test func `counts when the vendor repeats an answer that was released`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(failing: .timeout, sent: true))
        #expect(world.outcomes.map(\.result) == ["in_doubt"])
        // An operator thinks that the vendor did not act.
        world.store.state.withLockedValue { ($0.outcomes[0].result, $0.inDoubt) = ("released", []) }
        _ = await pay(world, repeated)
        _ = await pay(world, repeated)
        #expect(world.closings.dropFirst() == [.settled(.dollars(5)), .released])
    }

    @Test func `is two when the vendor does not say that it repeats itself`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        _ = await pay(world, FakeOrigin(200))
        #expect(world.spent.spent == .dollars(10))
    }

    @Test func `is two when something else is asked, whatever the answer says`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        _ = await pay(world, repeated, "amount=600&currency=usd")
        _ = await pay(world, repeated, key: "k2")
        _ = await pay(world, repeated, key: nil)
        #expect(world.spent.spent == .dollars(21))
    }

    @Test func `is not sent when the key is another run's`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        let origin = repeated
        let client = await pay(world, origin, run: try await neighbour(world))
        #expect(client.refusal == .replayOfAnother && origin.requests.isEmpty)
        #expect(world.decisions.last?.code == "replay_of_another" && world.spent.counted == .dollars(5))
    }

    @Test func `is anybody's when the vendor has surely forgotten the key`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        _ = try await world.vault.end(runID: "billing-7")
        world.pass(.seconds(7 * 86_400 - 1))
        let run = try await neighbour(world)
        #expect(await pay(world, FakeOrigin(200), run: run).refusal == .replayOfAnother)
        world.pass(.seconds(1))
        #expect(await pay(world, FakeOrigin(200), run: run).refusal == nil)
    }

    @Test func `is one spend only while the vendor remembers the key for certain`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        world.pass(.seconds(86_399))
        _ = await pay(world, repeated)
        #expect(world.spent.spent == .dollars(5))
        world.pass(.seconds(1))
        _ = try await world.vault.end(runID: "billing-7")
        let again = try await world.vault.register(runID: "billing-7", lifetime: .seconds(86_400), lease: nil)
        _ = await pay(world, repeated, run: ("billing-7", again.secret))
        #expect(world.spent.spent == .dollars(10), "it may have acted anew")
        world.pass(.seconds(6 * 86_400 + 1))
        let run = try await neighbour(world)
        #expect(await pay(world, FakeOrigin(200), run: run).refusal == .replayOfAnother, "from its newest use on")
    }

    @Test func `stays its owner's when a later use of it is refused`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        _ = try await world.vault.end(runID: "billing-7")
        world.pass(.seconds(86_400))
        var rules = world.rules
        rules.policies[0].caps = Caps(daily: .dollars(1))
        world.sidecar.replace(rules)
        let again = try await world.vault.register(runID: "billing-7", lifetime: .seconds(86_400), lease: nil)
        let refused = await pay(world, FakeOrigin(200), run: ("billing-7", again.secret))
        #expect(refused.refusal?.code == "cap_exhausted")
        let run = try await neighbour(world)
        #expect(await pay(world, FakeOrigin(200), run: run).refusal == .replayOfAnother)
    }

    @Test func `does not take the key when it is refused`() async throws {
        var rules = Example.rules()
        rules.policies[0].caps = Caps(daily: .dollars(1))
        let world = try await World(rules)
        #expect(await pay(world, FakeOrigin(200)).refusal?.code == "cap_exhausted")
        rules.policies[0].caps = Caps()
        world.sidecar.replace(rules)
        #expect(await pay(world, FakeOrigin(200), run: try await neighbour(world)).refusal == nil)
    }

    @Test func `with two keys is refused`() async throws {
        let world = try await World()
        let client = await pay(world, FakeOrigin(200), fields: [("Idempotency-Key", "k2")])
        #expect(client.refusal?.code == "malformed_request")
    }

    @Test func `tells what earlier ones in doubt came to`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(failing: .timeout, sent: true))
        _ = await pay(world, FakeOrigin(500))
        _ = await pay(world, FakeOrigin(200, #"{"amount":450,"currency":"usd"}"#, [("idempotent-replayed", "true")]))
        let ids = world.decisions.map(\.requestID.text)
        let verdicts = world.store.state.withLockedValue { $0.verdicts }
        #expect(verdicts.map(\.0) == Array(ids[..<2]))
        // The store of these tests has none in doubt, so each is offered the price.
        #expect(verdicts.map(\.1.cost) == [.exactly(Money(micros: 4_500_000)), .exactly(Money(micros: 4_500_000))])
        #expect(world.closings.last == .released)
    }

    @Test func `that found the vendor's own refusal repeated proves that nothing was charged`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(failing: .timeout, sent: true))
        _ = await pay(world, FakeOrigin(402, "{}", [("idempotent-replayed", "true")]))
        #expect(world.store.state.withLockedValue { $0.verdicts.map(\.1.cost) } == [.none])
        _ = await pay(world, FakeOrigin(500, "{}", [("idempotent-replayed", "true")]))
        #expect(world.store.state.withLockedValue { $0.verdicts.count } == 1, "a repeated 500 proves nothing")
    }

    @Test func `costs nothing more once one of them has its price`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(failing: .timeout, sent: true))
        _ = await pay(world, FakeOrigin(200))
        _ = await pay(world, repeated)
        #expect(world.store.state.withLockedValue { $0.verdicts.first?.1.cost } == Verdict.Cost.none)
    }

    @Test(arguments: [false, true])
    func `tells it after a restart too, of all of them`(_ hadPrice: Bool) async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(failing: .timeout, sent: true))
        _ = await pay(world, hadPrice ? FakeOrigin(200) : FakeOrigin(500))
        _ = await pay(world, FakeOrigin(500))
        let ids = world.decisions.map(\.requestID)
        let use = try #require(world.store.state.withLockedValue { $0.uses.values.first })
        let restarted = IdempotencyKeys(ledger: world.store, audit: world.store, clock: { .start })
        try await restarted.load()
        #expect(try await restarted.inDoubt(use) == (hadPrice ? [ids[0], ids[2]] : ids))
        #expect(try await restarted.isSettled(use) == hadPrice)
        restarted.settled(.repeats(use))
        #expect(try await restarted.isSettled(use))
    }

    @Test func `is known after a restart, and when memory had no room for it`() async throws {
        let world = try await World()
        _ = await pay(world, FakeOrigin(200))
        let use = try #require(world.store.state.withLockedValue { $0.uses.values.first })
        let clock: Clock = { .start }
        let restarted = IdempotencyKeys(ledger: world.store, audit: world.store, clock: clock)
        try await restarted.load()
        #expect(try await restarted.claim(use) == .repeats(use))
        let small = IdempotencyKeys(ledger: world.store, audit: world.store, kept: 1, clock: clock)
        try await small.load()
        var other = use
        other.key = SecretDigest(of: "another")
        #expect(try await small.claim(other) == .first(other))
        var stranger = use
        stranger.owner = SecretDigest(of: "another")
        await #expect(throws: Refusal.replayOfAnother) { try await small.claim(stranger) }
        world.store.breaks("disk full")
        var third = use
        third.key = SecretDigest(of: "third")
        await #expect(throws: Refusal.storeUnavailable("disk full")) { try await small.claim(third) }
    }
}
