import Testing

@testable import Core

/// What was answered, and what the origin got.
private func ask(
    _ rules: [FieldRule], _ target: String = "/v1/payment_intents", _ content: String? = "amount=500&currency=usd",
    type: String = "application/x-www-form-urlencoded", tags: Tags = ["customer": "cus_1", "odd": "*"],
    allow: [String] = ["/*"], vendor: (inout Vendor) -> Void = { _ in }
) async throws -> (refusal: Refusal?, sent: String?) {
    var given = Example.rules()
    var stripe = Example.vendor()
    vendor(&stripe)
    given.vendors["stripe"] = stripe
    let world = try await World(given)
    var order = KeyOrder(
        label: "label", vendor: "stripe", endpoints: try allow.map { try EndpointPattern($0) }, caps: Caps(),
        lifetime: .seconds(60))
    (order.only, order.tags) = (rules, tags)
    let (_, token) = try await world.vault.issue(order)
    var fields = Fields([("Host", "127.0.0.1:4700"), ("Authorization", "Bearer \(token)")])
    if content != nil { fields.append("Content-Type", type) }
    let head = RequestHead(
        method: content == nil ? .get : .post, target: Array("/stripe\(target)".utf8), fields: fields,
        framing: content.map { .fixed(Int64($0.utf8.count)) } ?? .none)
    let (client, origin) = (FakeClient(content.map { [$0] } ?? []), FakeOrigin(200))
    await world.answer(Arrival(head: head, way: .listener, lane: 0), client, from: origin)
    var sent: String?
    if let request = origin.requests.first {
        sent = String(bytes: request.target)
        if case .whole(let bytes) = request.content { sent = String(bytes: bytes) }
    }
    return (client.refusal, sent)
}

private let customer = [FieldRule(field: "customer", values: ["{tag.customer}"])]

@Suite struct `A key that is bound to one customer` {
    @Test func `charges that customer`() async throws {
        let form = try await ask(customer, "/v1/payment_intents", "amount=500&currency=usd&customer=cus_1")
        #expect(form.refusal == nil && form.sent == "amount=500&currency=usd&customer=cus_1")
        let json = #"{"amount":500,"currency":"usd","customer":"cus_1"}"#
        let turned = try await ask(customer, "/v1/payment_intents", json, type: "application/json")
        #expect(turned.refusal == nil && turned.sent == "amount=500&currency=usd&customer=cus_1")
        let free = try await ask(customer, "/v1/customers", "customer=cus_1&name=A")
        #expect(free.refusal == nil)
    }

    @Test(arguments: [
        "amount=500&currency=usd&customer=cus_2", "amount=500&currency=usd&customer=cus_12",
        "amount=500&currency=usd&customer=", "amount=500&currency=usd", "amount=500&currency=usd&customer=Cus_1",
    ])
    func `charges nobody else`(_ content: String) async throws {
        let (refusal, sent) = try await ask(customer, "/v1/payment_intents", content)
        #expect(refusal?.code == "field_not_allowed" && sent == nil)
    }

    @Test(arguments: [
        "customer=cus_1&customer=cus_2", "customer=cus_1&customer=cus_1", "customer=cus_1&customer[]=cus_2",
        "customer=cus_1&customer[id]=cus_2", "customer=cus_1&Customer=cus_2", "customer=cus_1&customer%20=cus_2",
        "customer=cus_1&customer%5Bid%5D=cus_2", "customer=cus_1&customer.id=cus_2", "customer[]=cus_1",
        "Customer=cus_1",
    ])
    func `is refused what a lenient origin might read otherwise`(_ content: String) async throws {
        let (refusal, sent) = try await ask(customer, "/v1/customers", content)
        #expect(refusal?.code == "field_not_allowed" && sent == nil)
    }

    @Test(arguments: [
        ("text/plain", "customer=cus_1"), ("application/x-www-form-urlencoded; charset=utf-16", "customer=cus_1"),
        ("application/json", "{"), ("application/json", #"[{"customer":"cus_1"}]"#),
        ("application/json", #"{"customer":["cus_1"]}"#), ("application/json", #"{"customer":{"id":"cus_1"}}"#),
        ("application/json", #"{"customer":"cus_1","customer":"cus_2"}"#), ("application/json", #"{"customer":null}"#),
        ("multipart/form-data; boundary=x", "--x\r\n\r\ncus_1\r\n--x--"),
    ])
    func `is refused content that can't be read with certainty`(_ type: String, _ content: String) async throws {
        let (refusal, sent) = try await ask(customer, "/v1/customers", content, type: type)
        #expect(refusal?.code == "field_not_allowed" && sent == nil)
    }

    @Test func `has every place held against it`() async throws {
        let both = try await ask(customer, "/v1/customers?customer=cus_2", "customer=cus_1")
        #expect(both.refusal?.code == "field_not_allowed")
        #expect(try await ask(customer, "/v1/charges?customer=cus_1", nil).refusal == nil)
        #expect(try await ask(customer, "/v1/charges?customer=cus_1&customer=cus_2", nil).refusal != nil)
        #expect(try await ask(customer, "/v1/charges", nil).refusal?.code == "field_not_allowed")
    }

    @Test func `reaches that customer's path only`() async throws {
        let allow = ["GET /v1/customers/{customer}"]
        #expect(try await ask(customer, "/v1/customers/cus_1", nil, allow: allow).refusal == nil)
        #expect(try await ask(customer, "/v1/customers/cus_2", nil, allow: allow).refusal?.code == "field_not_allowed")
        let unnamed = try await ask(customer, "/v1/customers/cus_1", nil, allow: ["GET /v1/customers/*"])
        #expect(unnamed.refusal?.code == "field_not_allowed")
    }
}

@Suite struct `What a field must be` {
    @Test(arguments: [
        ("usd", "usd", true), ("usd", "eur", false), ("+1*", "+15550100", true), ("+1*", "+445550100", false),
        ("*", "", true), ("a*c", "abc", true), ("a*c", "abd", false), ("{label}-*", "label-7", true),
        ("{tag.odd}", "*", true), ("{tag.odd}", "anything", false), ("{tag.none}", "", false), ("{run}", "", false),
    ])
    func `is a pattern in which tags stand for themselves`(_ pattern: String, _ value: String, _ fits: Bool) throws {
        var key = VaultKey(
            id: "k", digest: SecretDigest(of: ""), label: "label", vendor: "stripe", endpoints: [], caps: Caps(),
            createdAt: .start, expiresAt: .start)
        key.tags = ["odd": "*"]
        #expect(try #require(FieldPattern(pattern)).fits(Array(value.utf8), key, runID: nil) == fits)
    }

    @Test(arguments: ["{", "{}", "{user}", "{tag.}", "{tag.A}", "a{b"])
    func `is refused when it means nothing`(_ pattern: String) { #expect(FieldPattern(pattern) == nil) }

    @Test func `may be one of several, nested, and for one operation only`() async throws {
        let several = [FieldRule(field: "currency", values: ["eur", "us*"], operation: "payment_intents.create")]
        #expect(try await ask(several).refusal == nil)
        #expect(try await ask(several, "/v1/payment_intents", "amount=1&currency=gbp").refusal != nil)
        #expect(try await ask(several, "/v1/customers", "name=A").refusal == nil)
        let nested = [FieldRule(field: "metadata[user]", values: ["42"])]
        #expect(try await ask(nested, "/v1/customers", "metadata[user]=42&metadata[x]=7").refusal == nil)
        let json = #"{"metadata":{"user":42,"x":"7"}}"#
        #expect(try await ask(nested, "/v1/customers", json, type: "application/json").refusal == nil)
        #expect(
            try await ask(nested, "/v1/customers", json, type: "application/json") { $0.formOnly = false }.refusal
                == nil)
        #expect(try await ask(nested, "/v1/customers", "metadata[user]=43").refusal != nil)
        #expect(try await ask(nested, "/v1/customers", "metadata[user]=42&metadata=7").refusal != nil)
        #expect(try await ask(nested, "/v1/customers", "metadata[user]=42&metadata[user][]=7").refusal != nil)
    }

    @Test func `comes from the policy for a run's own key`() async throws {
        var rules = Example.rules()
        rules.policies[0].only = [FieldRule(field: "customer", values: ["{tag.customer}"])]
        rules.policies[0].tags = ["customer": "cus_1"]
        let world = try await World(rules)
        for (content, code) in [("customer=cus_1", nil), ("customer=cus_2", "field_not_allowed")] {
            let (arrival, client) = world.payment("amount=500&currency=usd&" + content)
            await world.answer(arrival, client, from: FakeOrigin(200))
            #expect(client.refusal?.code == code)
        }
    }
}
