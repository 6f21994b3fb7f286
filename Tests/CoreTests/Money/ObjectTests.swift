import Testing

@testable import Core

/// A vendor that knows some objects, and answers each request as told; it keeps what it was sent.
final class Bank: Origin {
    /// By `METHOD path`.
    let answers: Guarded<[String: (status: Int, content: String)]>
    let asked = Guarded([OriginRequest]())

    init(_ answers: [String: (status: Int, content: String)] = [:]) { self.answers = Guarded(answers) }

    func send(_ request: OriginRequest) -> any Transfer {
        asked.withLockedValue { $0.append(request) }
        let line = "\(request.method.rawValue) \(String(bytes: request.target))"
        guard let answer = answers.withLockedValue({ $0[line] }) else {
            return FakeOrigin(failing: .timeout, sent: true).send(request)
        }
        return FakeOrigin(answer.status, answer.content).send(request)
    }

    var lines: [String] {
        asked.withLockedValue { $0.map { "\($0.method.rawValue) \(String(bytes: $0.target))" } }
    }
}

/// A run, a vendor, and requests between them.
struct Shop {
    let world: World
    let bank = Bank()

    init(_ rules: Rules = Example.rules()) async throws { world = try await World(rules) }

    static func intent(_ amount: Int, _ id: String = "pi_1") -> String {
        #"{"id":"\#(id)","amount":\#(amount),"currency":"usd"}"#
    }

    /// What the client was told.
    @discardableResult
    func post(
        _ path: String, _ content: String = "", answers status: Int? = 200, _ answer: String = intent(500),
        _ fields: [(String, String)] = []
    ) async -> FakeClient.Said? {
        bank.answers.withLockedValue { $0["POST \(path)"] = status.map { ($0, answer) } }
        return await send(path, content, fields)
    }

    func send(
        _ path: String, _ content: String = "", _ fields: [(String, String)] = [], credential: ProxyCredential? = nil
    ) async -> FakeClient.Said? {
        let arrival = world.tunnelled(
            .post, path, [("Content-Type", "application/x-www-form-urlencoded")] + fields,
            framing: content.isEmpty ? .none : .fixed(Int64(content.utf8.count)), credential: credential)
        let client = FakeClient(content.isEmpty ? [] : [content])
        await Exchange(sidecar: world.sidecar, origin: bank).answer(arrival, client)
        return client.said.first
    }

    func knows(_ id: String = "pi_1", _ amount: Int = 500, at path: String = "/v1/payment_intents") {
        bank.answers.withLockedValue { $0["GET \(path)/\(id)"] = (200, Self.intent(amount, id)) }
    }
}

@Suite struct `A payment that was made here` {
    @Test func `counts once, however many requests lead to it`() async throws {
        let shop = try await Shop()
        #expect(await shop.post("/v1/payment_intents", "amount=500&currency=usd") == .head(200))
        #expect(shop.world.spent.spent == .dollars(5))
        for path in ["/v1/payment_intents/pi_1/confirm", "/v1/payment_intents/pi_1/capture"] {
            let answer = #"{"id":"pi_1","amount":500,"amount_received":500,"currency":"usd"}"#
            #expect(await shop.post(path, answers: 200, answer) == .head(200))
        }
        #expect(shop.world.spent.counted == .dollars(5))
        #expect(!shop.bank.lines.contains { $0.hasPrefix("GET") }, "what is on record is not asked")
        #expect(shop.world.outcomes.map(\.objectID) == ["pi_1", "pi_1", "pi_1"])
    }

    @Test func `counts the difference when it is raised, and nothing when it is lowered`() async throws {
        let shop = try await Shop()
        await shop.post("/v1/payment_intents", "amount=500&currency=usd")
        await shop.post("/v1/payment_intents/pi_1", "amount=800", answers: 200, Shop.intent(800))
        #expect(shop.world.spent.counted == .dollars(8))
        await shop.post("/v1/payment_intents/pi_1", "amount=200", answers: 200, Shop.intent(200))
        #expect(shop.world.spent.counted == .dollars(8), "nothing lowers what was spent")
        await shop.post("/v1/payment_intents/pi_1/increment", "amount=900", answers: 200, Shop.intent(900))
        #expect(shop.world.spent.counted == .dollars(9))
        #expect(shop.bank.lines.allSatisfy { $0.hasPrefix("POST") })
    }

    @Test func `is not moved by an update without an amount`() async throws {
        let shop = try await Shop()
        #expect(await shop.post("/v1/payment_intents/pi_9", "metadata[a]=1") == .head(200))
        #expect(shop.world.spent.counted == .zero && shop.bank.lines.count == 1)
    }

    @Test func `counts whole at its confirmation when its creation was released`() async throws {
        let shop = try await Shop()
        await shop.post("/v1/payment_intents", "amount=500&currency=usd", answers: 402, #"{"error":{}}"#)
        #expect(shop.world.spent.counted == .zero)
        shop.knows()
        await shop.post("/v1/payment_intents/pi_1/confirm")
        #expect(shop.world.spent.counted == .dollars(5))
    }

    @Test func `is asked for again when a raise of it is in doubt`() async throws {
        let shop = try await Shop()
        await shop.post("/v1/payment_intents", "amount=500&currency=usd")
        await shop.post("/v1/payment_intents/pi_1/increment", "amount=900", answers: nil)
        #expect(shop.world.spent.spent == .dollars(5) && shop.world.spent.inDoubt == .dollars(4))
        shop.knows("pi_1", 900)
        await shop.post("/v1/payment_intents/pi_1/confirm", answers: 200, Shop.intent(900))
        #expect(shop.bank.lines.filter { $0 == "GET /v1/payment_intents/pi_1" }.count == 1)
        #expect(shop.world.spent.spent == .dollars(9))
    }
}

@Suite struct `A payment that was made elsewhere` {
    @Test func `counts whole when it is confirmed, and the vendor tells its amount`() async throws {
        let shop = try await Shop()
        shop.knows()
        #expect(await shop.post("/v1/payment_intents/pi_1/confirm") == .head(200))
        #expect(shop.world.spent.counted == .dollars(5))
        #expect(shop.bank.lines == ["GET /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"])
        let inquiry = shop.bank.asked.withLockedValue { $0[0] }
        #expect(inquiry.fields["authorization"].map { String(bytes: $0) } == "Bearer \(Example.credential)")
        #expect(shop.world.decisions[0].priceRule?.contains("asked of the vendor") == true)
    }

    @Test func `beyond the cap is refused after the question alone`() async throws {
        let shop = try await Shop()
        shop.knows("pi_1", 10_001)
        #expect(await shop.post("/v1/payment_intents/pi_1/confirm") == .refused("cap_exhausted"))
        #expect(shop.bank.lines == ["GET /v1/payment_intents/pi_1"])
    }

    @Test(arguments: [
        (200, #"{"id":"pi_1"}"#, "cost_unknown"), (200, "not JSON", "cost_unknown"), (404, "{}", "cost_unknown"),
        (200, #"{"amount":-5,"currency":"usd"}"#, "cost_unknown"), (500, "{}", "cost_unknown"),
        (200, #"{"amount":500,"currency":"xxx"}"#, "cost_unknown"),
        (200, #"{"amount":9223372036854775807,"currency":"eur"}"#, "amount_ambiguous"),
    ]) func `is refused when the vendor does not tell`(_ status: Int, _ content: String, _ code: String) async throws {
        let shop = try await Shop()
        shop.bank.answers.withLockedValue { $0["GET /v1/payment_intents/pi_1"] = (status, content) }
        #expect(await shop.post("/v1/payment_intents/pi_1/confirm") == .refused(code))
        #expect(shop.bank.lines == ["GET /v1/payment_intents/pi_1"] && shop.world.spent.counted == .zero)
    }

    @Test func `is refused when the vendor can't be asked`() async throws {
        let shop = try await Shop()
        #expect(await shop.post("/v1/payment_intents/pi_1/confirm") == .refused("origin_timeout"))
        #expect(shop.bank.lines.count == 1)
    }

    @Test func `is captured in part for that part`() async throws {
        let shop = try await Shop()
        shop.knows()
        let answer = #"{"id":"pi_1","amount":500,"amount_received":300,"currency":"usd"}"#
        await shop.post("/v1/payment_intents/pi_1/capture", "amount_to_capture=300", answers: 200, answer)
        #expect(shop.world.spent.counted == .dollars(3))
    }

    @Test func `is captured in parts for their sum, which is held before`() async throws {
        var rules = Example.rules()
        rules.policies[0].caps = Caps(daily: .dollars(4))
        let shop = try await Shop(rules)
        shop.knows()
        #expect(
            await shop.post("/v1/payment_intents/pi_1/capture", "amount_to_capture=300") == .refused("cap_exhausted"),
            "the rest can follow")
        let roomy = try await Shop()
        roomy.knows()
        for received in [300, 500] {
            let answer = #"{"id":"pi_1","amount":500,"amount_received":\#(received),"currency":"usd"}"#
            await roomy.post("/v1/payment_intents/pi_1/capture", "amount_to_capture=200", answers: 200, answer)
            #expect(roomy.world.spent.counted == Money(micros: Int64(received) * 10_000))
        }
        #expect(roomy.world.decisions.map(\.estimate) == [.dollars(5), .dollars(2)])
    }

    @Test func `belongs to the account that the request selects`() async throws {
        var rules = Example.rules()
        rules.policies[0].pinned = ["stripe-account": ["acct_1", "acct_2"]]
        let shop = try await Shop(rules)
        shop.knows()
        for account in ["acct_1", "acct_2", "acct_1"] {
            await shop.post(
                "/v1/payment_intents/pi_1/confirm", "", answers: 200, Shop.intent(500), [("Stripe-Account", account)])
        }
        #expect(shop.world.spent.counted == .dollars(10), "one ID in two accounts is two objects")
        let asked = shop.bank.asked.withLockedValue { $0.filter { $0.method == .get } }
        #expect(asked.map { $0.fields["stripe-account"].map { String(bytes: $0) } } == ["acct_1", "acct_2"])
    }
}

@Suite struct `A vendor's object` {
    @Test func `counts on each of two runs that move it`() async throws {
        let shop = try await Shop()
        await shop.post("/v1/payment_intents", "amount=500&currency=usd")
        let other = try await shop.world.vault.register(runID: "billing-8", lifetime: .seconds(60), lease: nil).secret
        shop.bank.answers.withLockedValue { $0["POST /v1/payment_intents/pi_1/confirm"] = (200, Shop.intent(500)) }
        for _ in 0..<2 {
            let said = await shop.send(
                "/v1/payment_intents/pi_1/confirm", credential: shop.world.credential("billing-8", other))
            #expect(said == .head(200))
        }
        let account = Account(kind: .policy, id: "policy:billing:billing-8", title: "")
        #expect(shop.world.store.balances([account])[0].total.counted == .dollars(5))
        #expect(shop.world.spent.counted == .dollars(5))
    }

    @Test func `is moved by one request at a time, and counts once`() async throws {
        let shop = try await Shop()
        shop.knows("pi_1", 9_000)
        shop.bank.answers.withLockedValue { $0["POST /v1/payment_intents/pi_1/confirm"] = (200, Shop.intent(9_000)) }
        let said = await withTaskGroup(of: FakeClient.Said?.self) { group in
            for _ in 0..<20 { group.addTask { await shop.send("/v1/payment_intents/pi_1/confirm") } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(said.allSatisfy { $0 == .head(200) })
        #expect(shop.world.spent.counted == .dollars(90), "there is room for one, and it counts once")
    }

    @Test(arguments: [
        ("/v1/payment_intents/pi-1/confirm", "", "amount_ambiguous"),
        ("/v1/payment_intents/pi%20x/confirm", "", "amount_ambiguous"),
        ("/v1/payment_intents/pi_1/confirm?amount=1", "", "amount_ambiguous"),
        ("/v1/payment_intents/pi_1/increment", "amount=5&amount=6", "amount_ambiguous"),
        ("/v1/payment_intents/pi_1/increment", "Amount=5", "amount_ambiguous"),
        ("/v1/payment_intents/pi_1/increment", "amount[]=5", "amount_ambiguous"),
        ("/v1/payment_intents/pi_1/increment", "amount=%2B5", "amount_ambiguous"),
        ("/v1/payment_intents/pi_1/increment", "amount=5e2", "amount_ambiguous"),
        ("/v1/refunds", "", "amount_ambiguous"), ("/v1/refunds", "charge=ch_1&payment_intent=pi_1", "amount_ambiguous"),
        ("/v1/refunds", "charge=ch_1&charge=ch_2", "amount_ambiguous"),
        ("/v1/refunds", "charge[id]=ch_1", "amount_ambiguous"), ("/v1/refunds", "charge=..", "amount_ambiguous"),
        ("/v1/refunds", "charge=ch_1/refunds", "amount_ambiguous"),
    ]) func `must be named, and its amount written, in one way`(
        _ path: String, _ content: String, _ code: String
    ) async throws {
        let shop = try await Shop()
        shop.knows()
        #expect(await shop.post(path, content) == .refused(code))
        #expect(!shop.bank.lines.contains { $0.hasPrefix("POST") })
    }

    @Test func `is given back to the next when a request of it is refused`() async throws {
        let shop = try await Shop()
        #expect(await shop.post("/v1/payment_intents/pi_1/confirm") == .refused("origin_timeout"))
        shop.knows()
        #expect(await shop.post("/v1/payment_intents/pi_1/confirm") == .head(200))
    }
}

@Suite struct `A refund` {
    private static let answer = #"{"id":"re_1","amount":300,"currency":"usd"}"#

    @Test func `without an amount may be as large as the charge`() async throws {
        let shop = try await Shop()
        shop.knows("ch_1", 500, at: "/v1/charges")
        await shop.post("/v1/refunds", "charge=ch_1", answers: nil)
        #expect(shop.world.spent.inDoubt == .dollars(5))
    }

    @Test func `counts each time, at what the vendor gave back`() async throws {
        let shop = try await Shop()
        shop.knows("ch_1", 500, at: "/v1/charges")
        for _ in 0..<2 { await shop.post("/v1/refunds", "charge=ch_1", answers: 200, Self.answer) }
        #expect(shop.world.spent.counted == .dollars(6))
        #expect(shop.world.outcomes.map(\.objectID) == ["re_1", "re_1"])
    }

    @Test func `with an amount has the charge's currency`() async throws {
        let shop = try await Shop()
        shop.bank.answers.withLockedValue {
            $0["GET /v1/charges/ch_1"] = (200, #"{"id":"ch_1","amount":500,"currency":"jpy"}"#)
        }
        await shop.post("/v1/refunds", "charge=ch_1&amount=100", answers: nil)
        #expect(shop.world.spent.inDoubt == Money(micros: 670_000))
    }
}

@Suite struct `Turns at an object` {
    @Test func `come one after another, and are given up after a while`() async throws {
        let turns = Turns(patience: .milliseconds(50))
        let first = try await turns.take("a")
        _ = try await turns.take("b")
        await #expect(throws: Refusal.overloaded) { _ = try await turns.take("a") }
        async let second = turns.take("a")
        first.end()
        try await second.end()
        try await turns.take("a").end()
    }
}
