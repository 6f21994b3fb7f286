import Testing

@testable import Core

@Suite struct `A price by units` {
    private func priced(_ rule: FlatRule, formOnly: Bool = false) throws -> Priced {
        var operation = Core.Operation(name: "send", endpoint: try EndpointPattern("POST /v1/send", exact: true))
        operation.price = .flat(rule)
        var priced = Priced()
        priced.vendor.operations = [operation]
        priced.vendor.formOnly = formOnly
        return priced
    }

    private func json(_ rule: FlatRule, _ content: String) async throws -> Result<Money, Refusal> {
        try await priced(rule)(content, type: "application/json", path: "/v1/send")
    }

    private func form(_ rule: FlatRule, _ content: String) async throws -> Result<Money, Refusal> {
        try await priced(rule, formOnly: true)(content, path: "/v1/send")
    }

    private var mail: FlatRule {
        var rule = FlatRule(usd: Money(micros: 400))
        rule.units = .count(["to", "cc"])
        return rule
    }

    @Test(arguments: [
        (#"{"to":"a@x.com"}"#, 400), (#"{"to":["a","b"],"cc":["c"]}"#, 1200), (#"{"to":"a, b;c"}"#, 1200),
        (#"{}"#, 400),
        (#"{"to":[]}"#, 400), (#"{"to":null,"cc":"x"}"#, 400),
    ]) func `counts recipients`(_ content: String, _ micros: Int64) async throws {
        #expect(try await json(mail, content).micros == micros)
    }

    @Test(arguments: [
        #"{"to":[1]}"#, #"{"to":{"a":1}}"#, #"{"to":7}"#, #"{"TO":["a","b"]}"#, #"{"to":"a","To":["b","c"]}"#,
        #"{"to":["a"],"to":[]}"#, #"[{"to":["a","b"]}]"#, #""x""#, "7", "null", #"{"to":"a","to.x":"b"}"#,
    ]) func `refuses recipients that can't be counted`(_ content: String) async throws {
        #expect(try await json(mail, content).code == "amount_ambiguous")
    }

    @Test func `counts each of a batch, at least one for each`() async throws {
        var rule = mail
        rule.units = .each(mail.units)
        #expect(try await json(rule, #"[{"to":["a","b"]},{},{"to":"c"}]"#).micros == 1600)
        #expect(try await json(rule, #"{"to":"a"}"#).code == "amount_ambiguous")
        #expect(try await json(rule, "[]").micros == 400)
        for odd in [#"["x"]"#, #"[[{"to":["a","b"]}]]"#, "[null]", "7"] {
            #expect(try await json(rule, odd).code == "amount_ambiguous", "\(odd)")
        }
        rule.forbidden = ["bcc"]
        #expect(try await json(rule, #"[{"to":"a"},{"to":"a","bcc":"b"}]"#).code == "cost_unknown")
    }

    @Test(arguments: [
        (1, 1), (160, 1), (161, 2), (306, 2), (307, 3),
    ]) func `counts segments of plain letters`(_ letters: Int, _ segments: Int64) {
        #expect(SMS.segments(String(repeating: "a", count: letters)) == segments)
    }

    @Test func `counts segments of other letters at their dearest`() {
        #expect(SMS.segments("") == 1)
        #expect(SMS.segments(String(repeating: "ж", count: 70)) == 1)
        #expect(SMS.segments(String(repeating: "ж", count: 71)) == 2)
        #expect(SMS.segments(String(repeating: "€", count: 80)) == 1)
        // Two septets each: 76 in a segment, for none is cut in half.
        #expect(SMS.segments(String(repeating: "€", count: 229)) == 4)
        // 33 of these in a segment.
        #expect(SMS.segments(String(repeating: "😀", count: 35)) == 1)
        #expect(SMS.segments(String(repeating: "😀", count: 67)) == 3)
        #expect(SMS.segments(String(repeating: "a", count: 160) + "ж") == 3)
    }

    private var sms: FlatRule {
        var rule = FlatRule(usd: Money(micros: 750_000))
        rule.units = .smsSegments("Body")
        rule.forbidden = ["MediaUrl"]
        rule.prefixField = "To"
        rule.byPrefix = [
            "+1": Money(micros: 13_300), "+1242": Money(micros: 350_000), "+44": Money(micros: 60_000),
            "+9": .dollars(1),
        ]
        return rule
    }

    @Test(arguments: [
        ("To=%2B15551234567&Body=hi", 13_300), ("To=%2B12425551234&Body=hi", 350_000), ("To=%2B4479&Body=hi", 60_000),
        ("To=%2B3379&Body=hi", 1_000_000), ("To=+15551234567&Body=hi", 1_000_000),
        ("To=whatsapp:%2B1555&Body=hi", 1_000_000),
        ("Body=hi", 1_000_000), ("To=%2B1555", 13_300), ("To=&Body=hi", 1_000_000),
    ]) func `takes the longest prefix, and the dearest where none fits`(_ content: String, _ micros: Int64) async throws
    {
        #expect(try await form(sms, content).micros == micros)
    }

    @Test(arguments: [
        "To=%2B1555&To=%2B44&Body=hi", "To[]=%2B1555&Body=hi", "to=%2B1555&Body=hi", "To=%2B1555&Body=a&Body=b",
        "To=%2B1555&body=hi", "To=%2B1555&Body[]=hi",
    ]) func `refuses what could be sent elsewhere or at another length`(_ content: String) async throws {
        #expect(try await form(sms, content).code == "amount_ambiguous")
    }

    @Test(arguments: ["MediaUrl=x", "MediaUrl[]=x", "MediaUrl0=x&MediaUrl=y", "mediaurl=x", "MediaUrl[0]=x"])
    func `is unknown when a forbidden parameter is there`(_ parameter: String) async throws {
        #expect(try await form(sms, "To=%2B1555&Body=hi&" + parameter).code == "cost_unknown")
    }

    @Test(
        arguments: [
            (#"{"price":"-0.0083","price_unit":"USD"}"#, 8300), (#"{"price":0.05,"price_unit":"usd"}"#, 50_000),
            (#"{"price":"1","price_unit":"EUR"}"#, 1_100_000), (#"{"price":null}"#, nil), (#"{"price":"1e3"}"#, nil),
            (#"{}"#, nil),
            (#"{"price":"1","price_unit":"xxx"}"#, nil),
        ] as [(String, Int64?)]) func `believes the vendor's own price when it is plain`(
            _ answer: String, _ micros: Int64?
        ) throws
    {
        var rule = sms
        (rule.answerPrice, rule.answerCurrency) = (JSONPath("price"), JSONPath("price_unit"))
        let value = try JSONValue.parse(Array(answer.utf8))
        #expect(FlatReader(rule: rule).actual(value, Example.rules().rates)?.micros == micros)
    }
}

@Suite struct `Money as text` {
    @Test(arguments: [
        (0, "$0.00"), (5_000_000, "$5.00"), (400, "$0.0004"), (1, "$0.000001"), (12_500_000, "$12.50"),
        (-1_500_000, "-$1.50"),
        (Int64.max, "$9223372036854.775807"), (Int64.min, "-$9223372036854.775808"),
    ]) func `has two decimals, or as many as it needs`(_ micros: Int64, _ text: String) {
        #expect(Money(micros: micros).description == text)
    }

    @Test(arguments: [
        ("5", 5_000_000), ("0.0004", 400), ("12.50", 12_500_000), ("0", 0), ("9223372036854.775807", Int64.max),
    ]) func `is read`(_ text: String, _ micros: Int64) { #expect(Money(decimal: text)?.micros == micros) }

    @Test(arguments: [
        "", "+5", "-5", "5.", ".5", "1e3", "05", "5,0", "0.0000001", " 5", "5 ", "9223372036854.775808", "١", "5.0.0",
        "$5", "NaN",
    ]) func `is refused when it is not plain`(_ text: String) { #expect(Money(decimal: text) == nil) }

    @Test func `comes back as it was written`() {
        var dice = Chance(7)
        for _ in 0..<2000 {
            let money = Money(
                micros: Int64.random(in: 0...(.max), using: &dice) >> Int64.random(in: 0...62, using: &dice))
            #expect(Money(decimal: money.decimal) == money)
        }
    }

    @Test func `never wraps around`() {
        #expect(Money.max + Money(micros: 1) == .max && Money.max.adding(Money(micros: 1)) == nil)
        #expect(Money.max.times(2) == nil)
    }
}
