import Core
import Testing

@testable import Settings

@Suite struct `A vendor of one's own` {
    @Test func `needs no code`() throws {
        var configuration = try Configuration()
        configuration.environment["ACME"] = "k-123"
        let settings = try configuration.load(
            """
            vendors:
              acme:
                hosts: [api.acme.test, files.acme.test]
                credential: { env: ACME }
                credential_scheme: { field: X-Api-Key, prefix: "Key " }
                key_fields: [X-Api-Key]
                no_charge: [400, 422]
                operations:
                  things.create: { endpoint: POST /things, price: { amount: cents, currency: cur, answer: { amount: sum.cents } } }
                  mails.send:
                    endpoint: POST /mails
                    price: { flat_usd: "0.0004", units: { each: { count: [to, cc] } } }
                  files.create: { endpoint: POST files.acme.test/files, price: { unknown: "nobody knows" } }
                  sms.send:
                    endpoint: POST /sms
                    price:
                      flat_usd: 0.05
                      units: { sms_segments: Body }
                      by_prefix: { field: To, usd: { "+1": 0.0083, "+44": "0.0524" } }
                      answer_usd: price
                      answer_currency: price_unit
            policies: [{ name: p, runs: "*", vendor: acme, allowed_endpoints: [things.create], total_usd_cap: 5 }]
            """)
        let vendor = try #require(settings.rules.vendors["acme"])
        #expect(vendor.hosts == ["api.acme.test", "files.acme.test"])
        #expect(vendor.scheme == .field(name: "x-api-key", prefix: "Key "))
        #expect(vendor.keyFields == ["x-api-key"])
        #expect(vendor.noCharge == [400, 422])
        #expect(settings.rules.policies.first?.endpoints.map(\.text) == ["POST /things"])
        guard case .amount(let amount) = vendor.price("things.create"),
            case .flat(let mail) = vendor.price("mails.send"),
            case .flat(let sms) = vendor.price("sms.send"), case .unknown(let why) = vendor.price("files.create")
        else {
            Issue.record("a price is of another kind")
            return
        }
        #expect(amount.answerAmount == JSONPath("sum.cents"))
        #expect(amount.answerCurrency == JSONPath("cur"))
        #expect(mail.usd == Money(micros: 400))
        guard case .each(.count(let fields)) = mail.units else {
            Issue.record("units are of another kind")
            return
        }
        #expect(fields == ["to", "cc"])
        #expect(sms.byPrefix == ["+1": Money(micros: 8300), "+44": Money(micros: 52_400)])
        #expect(sms.prefixField == "To")
        #expect(sms.answerPrice == JSONPath("price"))
        #expect(why == "nobody knows")
    }
}

@Suite struct `An entry over the catalogue's` {
    private func vendor(_ entry: String) throws -> Vendor {
        let settings = try Configuration().load(stripe + entry)
        return try #require(settings.rules.vendors["stripe"])
    }

    @Test func `prices one operation by its name and leaves the rest`() throws {
        let plain = try vendor("")
        let changed = try vendor("    operations: { payouts.create: { price: { flat_usd: 3 } } }")
        guard case .flat(let rule) = changed.price("payouts.create") else {
            Issue.record("not the own price")
            return
        }
        #expect(rule.usd == Money(micros: 3_000_000))
        #expect(changed.operations.count == plain.operations.count)
        #expect(changed.price("payment_intents.create")?.name == "amount")
    }

    /// This is the line that `cost_unknown` tells the user to add.
    @Test func `prices one operation by its endpoint`() throws {
        let plain = try vendor("")
        let changed = try vendor("    operations: { \"POST /v1/payouts\": { price: { flat_usd: 3 } } }")
        #expect(changed.price("payouts.create")?.name == "flat")
        #expect(changed.operations.count == plain.operations.count)
    }

    @Test func `adds an endpoint that the catalogue does not know`() throws {
        let changed = try vendor("    operations: { \"POST /v1/brand_new/*\": { price: { flat_usd: 3 } } }")
        let segments = ["v1", "brand_new", "x"].map { Array($0.utf8)[...] }
        let operation = changed.table.match(.post, host: "api.stripe.com", segments: segments)
        #expect(operation?.price?.name == "flat")
    }

    @Test func `does not lift what the catalogue says of a wider endpoint`() throws {
        let sensitive = try #require(
            try vendor("").operations.first { $0.sensitive != nil && $0.endpoint.text.hasSuffix("/{id}") })
        let narrow = sensitive.endpoint.text.replacing("{id}", with: "one")
        let changed = try vendor("    operations: { \"\(narrow)\": { price: free } }")
        #expect(changed.operations.first { $0.name == narrow }?.sensitive == sensitive.sensitive)
    }

    @Test func `replaces other keys`() throws {
        let changed = try vendor(
            "    hosts: [stripe.test]\n    cap_status: 402\n    scrub: false\n    pinned_fields: []")
        #expect(changed.hosts == ["stripe.test"])
        #expect(changed.capStatus == 402)
        #expect(!changed.scrub)
        #expect(changed.pinnedFields == [])
    }
}

extension Vendor {
    fileprivate func price(_ name: String) -> PriceRule? { operations.first { $0.name == name }?.price }
}
