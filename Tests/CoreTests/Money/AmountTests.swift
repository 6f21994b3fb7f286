import Testing

@testable import Core

/// Prices contents as the exchange does.
struct Priced {
    var vendor = Example.vendor()
    var rules = Example.rules()
    var caps = Caps(daily: .dollars(1000))

    func callAsFunction(
        _ content: String, type: String = "application/x-www-form-urlencoded", path: String = "/v1/payment_intents",
        _ fields: [(String, String)] = [], pieces: Int = 1
    ) async throws -> Result<Money, Refusal> {
        let all = Fields([("Content-Type", type)] + fields)
        let head = RequestHead(method: .post, target: [], fields: all, framing: .chunked)
        let key = VaultKey(
            id: "k", digest: SecretDigest(of: "k"), label: "l", vendor: vendor.name,
            endpoints: [try EndpointPattern("/*")],
            caps: caps, createdAt: .start, expiresAt: .start)
        let path = try CanonicalPath(bytes(path))
        let target = Target(vendor: vendor, host: vendor.primaryHost, method: .post, path: path, way: .intercept)
        do throws(Refusal) {
            let grant = try Grant(
                caller: Caller(run: nil, key: key, program: nil), key: key, policy: nil, target, Rules())
            let permit = try Permit.check(grant, target, Fields(), rules)
            let read = try await Content.read(
                permit, head, FakeClient([content]), ContentMeter(limit: rules.judgedContentLimit))
            let desk = ObjectDesk(ledger: MemoryStore(), turns: Turns(), inquiry: nil)
            return .success(try await Pricing(rules: rules, desk: desk).estimate(permit, read, all).estimate)
        } catch { return .failure(error) }
    }
}

extension Result where Success == Money, Failure == Refusal {
    var code: String? { if case .failure(let refusal) = self { refusal.code } else { nil } }
    var micros: Int64? { (try? get())?.micros }
}

@Suite struct `An amount in the content` {
    @Test(arguments: [
        ("amount=500&currency=usd", 5_000_000), ("amount=0&currency=usd", 0), ("currency=USD&amount=1", 10_000),
        ("amount=%35%30%30&currency=u%73d", 5_000_000), ("amount=100&currency=eur", 1_100_000),
        // No minor unit: 100 yen are 100 yen.
        ("amount=100&currency=jpy", 670_000), ("amount=1&currency=jpy", 6700),
        ("amount=500&currency=usd&metadata[amount]=7", 5_000_000),
    ]) func `is read`(_ content: String, _ micros: Int64) async throws {
        #expect(try await Priced()(content).micros == micros)
    }

    @Test(arguments: [
        "amount=+5&currency=usd", "amount=%2B5&currency=usd", "amount=-5&currency=usd", "amount=1e9&currency=usd",
        "amount=007&currency=usd", "amount=5.0&currency=usd", "amount=5.5&currency=usd", "amount=5,000&currency=usd",
        "amount=0x10&currency=usd", "amount=%205&currency=usd", "amount=5%20&currency=usd", "amount=&currency=usd",
        "amount&currency=usd", "currency=usd", "amount=5", "amount=5&amount=5&currency=usd",
        "amount=5&amount=6&currency=usd",
        "amount[]=5&currency=usd", "amount=5&amount[]=6&currency=usd", "amount=5&amount[x]=6&currency=usd",
        "amount=5&amount.=6&currency=usd",
        "amount=5&amount.x=6&currency=usd",
        "Amount=5&currency=usd", "amount=5&AMOUNT=6&currency=usd", "amount=5&%20amount=6&currency=usd",
        "amount=5&currency=usd&currency=jpy", "amount=5&currency=us", "amount=5&currency=us$", "amount=5&currency=",
        "amount=9223372036854775807&currency=usd", "amount=9223372036854775808&currency=usd",
        "amount=99999999999999999999&currency=usd", "amount=٥&currency=usd", "amount=5%00&currency=usd",
        "amount=%&currency=usd",
    ]) func `is refused when it is not plain`(_ content: String) async throws {
        #expect(try await Priced()(content).code == "amount_ambiguous")
    }

    @Test(arguments: [
        (#"{"amount":500,"currency":"usd"}"#, 5_000_000), (#"{"amount":"500","currency":"usd"}"#, 5_000_000),
        (#" {"currency" : "usd" , "amount" : 500} "#, 5_000_000), (#"{"\u0061mount":500,"currency":"usd"}"#, 5_000_000),
    ]) func `is read from JSON`(_ content: String, _ micros: Int64) async throws {
        #expect(try await Priced()(content, type: "application/json").micros == micros)
    }

    @Test(arguments: [
        #"{"amount":500.0,"currency":"usd"}"#, #"{"amount":5e2,"currency":"usd"}"#, #"{"amount":-5,"currency":"usd"}"#,
        #"{"amount":500,"amount":1,"currency":"usd"}"#, #"{"amount":[500],"currency":"usd"}"#,
        #"{"amount":{"x":500},"currency":"usd"}"#, #"{"amount":true,"currency":"usd"}"#,
        #"{"amount":null,"currency":"usd"}"#,
        #"{"amount":500,"currency":"usd",}"#, #"[{"amount":500,"currency":"usd"}]"#,
        #"{"amount":500,"currency":["usd"]}"#,
        #"{"amount":1,"amount[]":500,"currency":"usd"}"#, #"{"amount":1,"Amount":500,"currency":"usd"}"#,
        "amount=500&currency=usd",
    ]) func `is refused in JSON when it is not plain`(_ content: String) async throws {
        #expect(try await Priced()(content, type: "application/json").code == "amount_ambiguous")
    }

    @Test func `is refused among more fields than anybody needs`() async throws {
        let form = "amount=500&currency=usd" + String(repeating: "&a=1", count: 10_000)
        #expect(try await Priced()(form).code == "amount_ambiguous")
        let json = #"{"amount":500,"currency":"usd","a":["# + String(repeating: "0,", count: 10_000) + "0]}"
        #expect(try await Priced()(json, type: "application/json").code == "amount_ambiguous")
    }

    @Test(arguments: [
        "", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded, application/json", "application/xml",
    ]) func `is refused in other types`(_ type: String) async throws {
        #expect(try await Priced()("amount=500&currency=usd", type: type).code == "amount_ambiguous")
    }

    @Test func `is refused when something else could say it too`() async throws {
        let good = "amount=500&currency=usd"
        #expect(try await Priced()(good, [("Content-Type", "application/json")]).code == "amount_ambiguous")
        #expect(try await Priced()(good, [("Content-Encoding", "identity")]).code == "amount_ambiguous")
        #expect(try await Priced()(good, path: "/v1/payment_intents?amount=1").code == "amount_ambiguous")
        #expect(try await Priced()(good + "&application_fee_amount=1").code == "cost_unknown")
        #expect(try await Priced()("", path: "/v1/payment_intents").code == "amount_ambiguous")
    }

    @Test func `is unknown in a currency without a rate, even where no cap applies only free of charge`() async throws {
        #expect(try await Priced()("amount=500&currency=xxx").code == "cost_unknown")
        var uncapped = Priced()
        uncapped.caps = Caps()
        #expect(try await uncapped("amount=500&currency=xxx").micros == 0)
        #expect(try await uncapped("amount=+5&currency=usd").code == "amount_ambiguous")
    }

    @Test func `uses the vendor's own exponents, and rounds up`() async throws {
        var priced = Priced()
        priced.rules.rates["mga"] = Money(micros: 220)
        priced.rules.rates["bhd"] = Money(micros: 2_650_001)
        #expect(try await priced("amount=500&currency=mga").micros == 110_000)
        #expect(try await priced("amount=1&currency=bhd").micros == 2651)
        #expect(try await priced("amount=1000&currency=bhd").micros == 2_650_001)
    }

    @Test func `is too long beyond the limit, in pieces too`() async throws {
        var priced = Priced()
        priced.rules.judgedContentLimit = 40
        #expect(
            try await priced("amount=500&currency=usd&x=" + String(repeating: "y", count: 40)).code
                == "content_too_large")
    }
}
