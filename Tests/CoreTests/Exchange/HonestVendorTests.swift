import Testing

@testable import Core

private let bill = "amount=500&currency=usd"

/// Ways in which an agent made an honest vendor take more than was counted, each found by an attack.
@Suite struct `An agent that plays with its own requests` {
    private func pay(
        _ world: World, _ origin: FakeOrigin, _ content: String = bill, _ fields: [(String, String)] = []
    ) async -> FakeClient {
        var (arrival, client) = world.payment(content)
        for (name, value) in fields { arrival.head.fields.append(name, value) }
        await world.answer(arrival, client, from: origin)
        return client
    }

    private let key = [("Idempotency-Key", "k1")]
    private var repeated: FakeOrigin { FakeOrigin(200, "{}", [("Idempotent-Replayed", "true")]) }

    @Test func `uses no idempotency key that Connection takes away again`() async throws {
        let world = try await World()
        let named = key + [("Connection", "keep-alive, Idempotency-Key")]
        let unkeyed = FakeOrigin(failing: .timeout, sent: true)
        _ = await pay(world, unkeyed, bill, named)
        #expect(unkeyed.requests.first?.fields["idempotency-key"] == nil)
        _ = await pay(world, FakeOrigin(200), bill, key)
        _ = await pay(world, repeated, bill, key)
        #expect(world.spent.spent == .dollars(5) && world.spent.inDoubt == .dollars(5), "they are two payments")
    }

    @Test(arguments: ["Content-Type", "Stripe-Account", "X-Any"])
    func `is judged without what Connection names`(_ name: String) async throws {
        let world = try await World()
        let origin = FakeOrigin(200)
        let client = await pay(world, origin, bill, [("Connection", "close, \(name)"), (name, "acct_1")])
        if name == "Content-Type" { #expect(client.refusal?.code == "amount_ambiguous" && origin.requests.isEmpty) }
        #expect(origin.requests.allSatisfy { $0.fields.all(name).isEmpty })
    }

    @Test func `settles the first request by a later answer, not by one that came while it was open`() async throws {
        let world = try await World()
        let replayed = Guarded(false)
        let wait = FakeOrigin.Play.act { while !replayed.withLockedValue({ $0 }) { await Task.yield() } }
        let broken = FakeOrigin.Play.event(.failed(OriginFailure(.cut, sent: true, detail: "for a test")))
        let open = FakeOrigin([wait, broken])
        let first = Task { await pay(world, open, bill, key) }
        while open.requests.isEmpty { await Task.yield() }
        _ = await pay(world, repeated, bill, key)
        replayed.withLockedValue { $0 = true }
        _ = await first.value
        #expect(world.spent.inDoubt == .dollars(5))
        _ = await pay(world, repeated, bill, key)
        #expect(world.store.state.withLockedValue { $0.verdicts.map(\.1.cost) } == [.estimate])
    }

    @Test(arguments: [
        "amount=1&currency=usd&[amount]=99", "amount=1&currency=usd&amount]=99", "amount=1&currency=usd&[[amount=99",
        "amount=1&currency=usd&%EF%BB%BFamount=99", "amount=1&currency=usd&amount%7F=99",
        "amount=1&currency=usd&amount%C2%A0=99", "amount=1&currency=usd&metadata[a]b=99", "amount=1&currency=usd&a[b=9",
    ])
    func `is refused with a name that could be read as another`(_ content: String) async throws {
        let world = try await World()
        let origin = FakeOrigin(200)
        #expect(await pay(world, origin, content).refusal?.code == "amount_ambiguous")
        #expect(origin.requests.isEmpty)
    }

    @Test(arguments: [
        #"{"amount":1,"currency":"usd","":{"amount":99}}"#, #"{"amount":1,"currency":"usd","[amount]":99}"#,
        #"{"amount":1,"currency":"usd","amount\u0000":99}"#,
    ])
    func `is refused so in JSON as well, which becomes a form`(_ content: String) async throws {
        let world = try await World()
        let (arrival, client) = world.payment(content, type: "application/json")
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal?.code == "amount_ambiguous")
    }

    @Test func `may still nest names, in any language`() async throws {
        let world = try await World()
        let client = await pay(world, FakeOrigin(200), bill + "&metadata[gr%C3%B6%C3%9Fe]=1&items[0][price]=p&a[]=1")
        #expect(client.said.first == .head(200))
    }

    @Test(arguments: ["[_method]=delete", "_method]=delete", "%5B%5B_method%5D=delete"])
    func `hides no _method behind brackets`(_ query: String) async throws {
        #expect(MethodOverride.isIn(parameters: query.utf8))
    }

    @Test func `stops no other run by sums that no number holds`() async throws {
        var balances = Balances(period: SpendingPeriod(day: 1, month: 1))
        let everything = Cover(account: .everything, caps: Caps(), place: nil)
        let mine = Cover(account: Account(kind: .policy, id: "a", title: "a"), caps: Caps(), place: nil)
        let other = Cover(account: Account(kind: .policy, id: "b", title: "b"), caps: Caps(), place: nil)
        #expect(balances.hold(.max, [mine, everything]) == nil)
        #expect(balances.hold(.dollars(1), [mine, everything]) != nil)
        #expect(balances.hold(.dollars(1), [other, everything]) == nil)
    }
}

@Suite struct `An object that is moved from two sides` {
    @Test func `is asked for again after an answer that was given before`() async throws {
        let shop = try await Shop()
        await shop.post("/v1/payment_intents", "amount=100&currency=usd", answers: 200, Shop.intent(100))
        await shop.post("/v1/payment_intents/pi_1", "amount=900", answers: 200, Shop.intent(900))
        let old = FakeOrigin(200, Shop.intent(100), [("Idempotent-Replayed", "true")])
        let arrival = shop.world.tunnelled(
            .post, "/v1/payment_intents/pi_1",
            [("Content-Type", "application/x-www-form-urlencoded"), ("Idempotency-Key", "k")], framing: .fixed(10))
        await Exchange(sidecar: shop.world.sidecar, origin: old).answer(arrival, FakeClient(["amount=100"]))
        shop.knows("pi_1", 900)
        await shop.post("/v1/payment_intents/pi_1/confirm", answers: 200, Shop.intent(900))
        #expect(shop.bank.lines.contains("GET /v1/payment_intents/pi_1"))
        #expect(shop.world.spent.counted == .dollars(9))
    }

    @Test func `is not known by the late answer to its creation`() {
        var record = ObjectRecord()
        var made = ObjectSeen(key: "k", total: .dollars(1), amount: ObjectAmount(units: 100, currency: "usd"))
        made.isNew = true
        record.apply(made, to: [.everything])
        #expect(record.amount?.units == 100)
        record.apply(
            ObjectSeen(key: "k", total: .dollars(9), amount: ObjectAmount(units: 900, currency: "usd")),
            to: [.everything])
        record.apply(made, to: [.everything])
        #expect(record.amount == nil && record.counted(by: Account.everything.id) == .dollars(9))
    }

    @Test func `passes no cap of a single request in small steps`() async throws {
        var rules = Example.rules()
        rules.policies[0].caps = Caps(request: .dollars(5))
        let shop = try await Shop(rules)
        await shop.post("/v1/payment_intents", "amount=500&currency=usd")
        let raised = await shop.post("/v1/payment_intents/pi_1", "amount=800", answers: 200, Shop.intent(800))
        #expect(raised == .refused("cap_exhausted"))
        shop.knows("pi_2", 800)
        #expect(await shop.post("/v1/payment_intents/pi_2/confirm") == .refused("cap_exhausted"))
        #expect(await shop.post("/v1/payment_intents/pi_1/confirm") == .head(200))
    }

    @Test func `counts what was held when its capture says 0 for now`() async throws {
        let shop = try await Shop()
        shop.knows("pi_1", 500)
        let answer = #"{"id":"pi_1","amount":500,"amount_received":0,"currency":"usd","status":"processing"}"#
        await shop.post("/v1/payment_intents/pi_1/capture", answers: 200, answer)
        #expect(shop.world.spent.counted == .dollars(5))
    }

    @Test func `keeps its turn when a client hangs up, until the vendor has answered`() async throws {
        let shop = try await Shop()
        await shop.post("/v1/payment_intents", "amount=100&currency=usd", answers: 200, Shop.intent(100))
        let slow = FakeOrigin(200, Shop.intent(900))
        let raise = shop.world.tunnelled(
            .post, "/v1/payment_intents/pi_1", [("Content-Type", "application/x-www-form-urlencoded")],
            framing: .fixed(10))
        let client = FakeClient(["amount=900"])
        let task = Task { await Exchange(sidecar: shop.world.sidecar, origin: slow).answer(raise, client) }
        task.cancel()
        await task.value
        #expect(shop.world.spent.counted == .dollars(9) && shop.world.spent.inDoubt == .zero)
    }
}
