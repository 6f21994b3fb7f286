import Testing

@testable import Core

@Suite struct `A ceiling` {
    private static func rules() throws -> Rules {
        var rules = Example.rules()
        rules.policies = []
        for (name, runs, endpoints) in [
            ("pay", "pay-*", ["POST /v1/charges", "/v1/refunds/*", "files.stripe.com/v1/files"]), ("rest", "*", ["/*"]),
        ] {
            let patterns = try endpoints.map { try EndpointPattern($0) }
            rules.policies.append(Policy(name: name, runs: Glob(runs), vendor: "stripe", endpoints: patterns))
        }
        rules.policies[0].caps.daily = Money(decimal: "100")
        return rules
    }

    private static func order(_ endpoint: String = "POST /v1/charges") throws -> KeyOrder {
        KeyOrder(
            label: "l", vendor: "stripe", endpoints: [try EndpointPattern(endpoint)], caps: Caps(),
            lifetime: .seconds(60))
    }

    /// What a bounded order becomes, or the limit that it goes beyond.
    private static func bound(_ ceiling: Ceiling, _ order: KeyOrder) throws -> (order: KeyOrder?, limit: String?) {
        let rules = try rules()
        do throws(Excess) { return (try ceiling.bound(order, rules), nil) } catch { return (nil, error.limit) }
    }

    private static let pay: Ceiling = {
        var ceiling = Ceiling()
        ceiling.policies = ["pay"]
        return ceiling
    }()

    @Test(arguments: [
        "POST /v1/charges", "/v1/refunds/a", "/v1/refunds/*", "GET /v1/refunds/*/x", "/v1/refunds/{id}/*",
        "files.stripe.com/v1/files",
    ])
    func `lets a key have what its policies allow`(endpoint: String) throws {
        #expect(try Self.bound(Self.pay, Self.order(endpoint)).limit == nil)
    }

    @Test(arguments: [
        "/v1/charges", "GET,POST /v1/charges", "/v1/refunds", "/v1/*", "/*", "POST /v1/*", "/v1/files",
        "POST /{a}/charges",
        "files.stripe.com/v1/refunds/a", "POST /v1/charges/*",
    ])
    func `lets no key have more than its policies allow`(endpoint: String) throws {
        #expect(try Self.bound(Self.pay, Self.order(endpoint)).limit == "policies")
    }

    @Test func `knows that a wildcard of a policy means nothing sensitive`() throws {
        var ceiling = Ceiling()
        ceiling.policies = ["rest"]
        #expect(try Self.bound(ceiling, Self.order("/*")).limit == nil)
        #expect(try Self.bound(ceiling, Self.order("POST /v1/ephemeral_keys")).limit == "policies")
    }

    @Test func `lets no key out of what its policies say of fields`() throws {
        var rules = try Self.rules()
        let rule = FieldRule(field: "currency", values: ["usd"])
        rules.policies[0].only = [rule]
        #expect(try Self.pay.bound(try Self.order(), rules).only == [rule])
        var order = try Self.order()
        order.only = [rule]
        #expect(try Self.pay.bound(order, rules).only == [rule])
    }

    @Test(arguments: [
        ("/v1/customers/{customer}/{what}", true), ("/v1/customers/{customer}/cards", true),
        ("/v1/customers/{what}/{customer}", false), ("/v1/customers/{id}/cards", false),
    ])
    func `lets no key call another segment by the name that its policies bind`(endpoint: String, fits: Bool) throws {
        var rules = try Self.rules()
        rules.policies[0].endpoints = [try EndpointPattern("/v1/customers/{customer}/{what}")]
        rules.policies[0].only = [FieldRule(field: "customer", values: ["{run}"])]
        let order = try Self.order(endpoint)
        do throws(Excess) {
            #expect(try Self.pay.bound(order, rules).only == rules.policies[0].only)
            #expect(fits)
        } catch { #expect(error.limit == "policies" && !fits) }
    }

    @Test func `gives a key without a cap its own, and refuses a higher one`() throws {
        var ceiling = Ceiling()
        ceiling.caps = Caps(daily: Money(decimal: "50"), total: nil, request: Money(decimal: "5"))
        let bounded = try #require(try Self.bound(ceiling, Self.order()).order)
        #expect(bounded.caps == ceiling.caps)
        for (dollars, limit) in [("50", nil), ("49.99", nil), ("50.000001", "daily_usd_cap_max")] {
            var order = try Self.order()
            order.caps.daily = Money(decimal: dollars)
            let (kept, beyond) = try Self.bound(ceiling, order)
            #expect(beyond == limit)
            if limit == nil { #expect(kept?.caps.daily == order.caps.daily) }
        }
    }

    @Test func `bounds lifetimes, and lengthens none`() throws {
        var ceiling = Ceiling()
        ceiling.lifetime = .seconds(3600)
        #expect(try ceiling.bound(lifetime: nil, normal: .seconds(900)) == .seconds(900))
        #expect(try ceiling.bound(lifetime: nil, normal: .seconds(86_400)) == .seconds(3600))
        #expect(try ceiling.bound(lifetime: .seconds(3600), normal: .seconds(900)) == .seconds(3600))
        #expect(throws: Excess.self) { try ceiling.bound(lifetime: .seconds(3601), normal: .seconds(900)) }
    }

    @Test func `bounds the vendor, and the run that a key is for`() throws {
        var ceiling = Ceiling()
        (ceiling.vendors, ceiling.runs) = (["twilio"], Glob("pay-*"))
        var order = try Self.order()
        #expect(try Self.bound(ceiling, order).limit == "vendors")
        order.runID = "other-1"
        #expect(try Self.bound(ceiling, order).limit == "runs")
        (order.runID, ceiling.vendors) = ("pay-1", nil)
        #expect(try Self.bound(ceiling, order).limit == nil)
    }

    @Test func `lets a run fall under no other policy, and under none that gives more`() throws {
        let rules = try Self.rules()
        func limit(_ ceiling: Ceiling, _ run: String) -> String? {
            do throws(Excess) {
                try ceiling.check(run: run, rules)
                return nil
            } catch { return error.limit }
        }
        #expect(limit(Self.pay, "pay-1") == nil)
        #expect(limit(Self.pay, "x-1") == "policies")
        var ceiling = Ceiling()
        ceiling.caps.daily = Money(decimal: "100")
        #expect(limit(ceiling, "pay-1") == nil)
        #expect(limit(ceiling, "x-1") == "daily_usd_cap_max", "a policy without a cap")
        ceiling.caps.daily = Money(decimal: "99.99")
        #expect(limit(ceiling, "pay-1") == "daily_usd_cap_max")
        ceiling = Ceiling()
        ceiling.vendors = ["twilio"]
        #expect(limit(ceiling, "pay-1") == "vendors")
    }

    @Test func `says what is an issuer's own matter`() {
        var ceiling = Ceiling()
        #expect(ceiling.reaches(runID: nil, vendor: nil) && ceiling.reaches(runID: "x", vendor: "y"))
        (ceiling.runs, ceiling.vendors) = (Glob("pay-*"), ["stripe"])
        #expect(ceiling.reaches(runID: "pay-1", vendor: "stripe") && ceiling.reaches(runID: nil, vendor: "stripe"))
        for (run, vendor) in [("x", "stripe"), ("pay-1", "twilio"), (nil, "twilio"), (nil, nil)] as [(String?, String?)]
        {
            #expect(!ceiling.reaches(runID: run, vendor: vendor))
        }
    }
}
