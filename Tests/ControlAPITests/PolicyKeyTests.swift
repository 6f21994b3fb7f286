import Core
import SQLiteStore
import Testing

@testable import ControlAPI

@Suite struct `A key that is ordered under a policy` {
    private static let secret = "a-program's-own-secret"

    private static func policy() throws -> Policy {
        var policy = try Desk.policy()
        policy.endpoints.append(try EndpointPattern("/v1/customers/*"))
        policy.caps = Caps(daily: Money(decimal: "500"), monthly: Money(decimal: "900"))
        policy.operationCaps = ["payment_intents.create": Caps(daily: Money(decimal: "50"))]
        policy.lifetime = .seconds(300)
        policy.pinned = ["stripe-account": ["acct_1"]]
        policy.only = [
            FieldRule(field: "currency", values: ["usd", "eu*"]),
            FieldRule(field: "customer", values: ["{tag.customer}"]),
            FieldRule(field: "amount", values: ["5*"], operation: "payment_intents.create"),
        ]
        policy.tags = ["team": "shop"]
        return policy
    }

    private func desk(_ change: (inout Rules) throws -> Void = { _ in }) throws -> Desk {
        try Desk { rules in
            rules.policies = [try Self.policy()]
            try change(&rules)
        }
    }

    private func order(_ more: String = "") -> String {
        #"{"label":"a","policy":"billing","tags":{"customer":"cus_1"}\#(more)}"#
    }

    @Test func `has what the policy gives, and shows it`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let key = try await caller.call("POST", "/v1/keys", order())
            #expect(key.status == 201, "\(key.text)")
            #expect(key["policy"]?.text == "billing" && key["vendor"]?.text == "stripe")
            #expect(key["allowed_endpoints"] == .array([.string("/v1/charges"), .string("/v1/customers/*")]))
            #expect(key["daily_usd_cap"] == .number("500") && key["monthly_usd_cap"] == .number("900"))
            #expect(key["expires_at"]?.text == "2026-11-24T02:16:04Z")
            #expect(key["tags"]?["team"]?.text == "shop")
            #expect(key["only"]?["currency"] == .array([.string("usd"), .string("eu*")]))
            let create = key["operations"]?["payment_intents.create"]
            #expect(create?["daily_usd_cap"] == .number("50") && create?["only"]?["amount"]?.text == "5*")
            let id = try #require(key["id"]?.text)
            #expect(try await caller.call("GET", "/v1/keys/\(id)").json["operations"] == key["operations"])
        }
        let key = try #require(try await desk.keys.first)
        #expect(key.pinned == ["stripe-account": ["acct_1"]] && !key.isExchanged)
        #expect(key.policyCaps == (try Self.policy().runCaps))
    }

    @Test func `may have less`() async throws {
        let desk = try desk()
        let less = """
            ,"allowed_endpoints":["POST /v1/charges","/v1/customers/*/sources"],"daily_usd_cap":20,"total_usd_cap":30,
            "expires_in":"1m","only":{"currency":"eur","customer":"cus_1","receipt":"*"}
            """
        try await desk.serve { caller in
            let key = try await caller.call("POST", "/v1/keys", order(less))
            #expect(key.status == 201, "\(key.text)")
            #expect(key["daily_usd_cap"] == .number("20") && key["monthly_usd_cap"] == .number("900"))
            #expect(key["total_usd_cap"] == .number("30"))
            #expect(key["only"]?["currency"]?.text == "eur" && key["only"]?["customer"]?.text == "cus_1")
            #expect(key["only"]?["receipt"]?.text == "*")
            let nothing = try await caller.call("POST", "/v1/keys", order(#","allowed_endpoints":[]"#))
            #expect(nothing["allowed_endpoints"] == .array([]))
        }
    }

    @Test(arguments: [
        ("allowed_endpoints", #","allowed_endpoints":["/*"]"#),
        ("allowed_endpoints", #","allowed_endpoints":["/v1/charges","/v1/customers"]"#),
        ("daily_usd_cap", #","daily_usd_cap":500.000001"#), ("expires_in", #","expires_in":"301s""#),
        ("expires_in", #","expires_at":"2026-11-24T02:16:05Z""#), ("only.currency", #","only":{"currency":"gbp"}"#),
        ("only.currency", #","only":{"currency":["usd","*"]}"#), ("only.customer", #","only":{"customer":"cus_2"}"#),
        ("run_id", #","run_id":"other-1""#),
    ])
    func `is refused more`(_ limit: String, _ more: String) async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/keys", order(more))
            #expect(answer.status == 403 && answer["code"]?.text == "ceiling_exceeded", "\(answer.text)")
            #expect(answer["limit"]?.text == limit && answer["message"]?.text?.contains("billing") == true)
        }
        #expect(try await desk.keys.isEmpty)
    }

    @Test func `has the policy's tags, but where its run has its own`() async throws {
        let desk = try desk { $0.policies[0].requiredTags = ["tenant"] }
        try await desk.serve { caller in
            let other = #"{"label":"a","policy":"billing","tags":{"team":"x","customer":"c","tenant":"t"}}"#
            let refused = try await caller.call("POST", "/v1/keys", other)
            #expect(refused.status == 403 && refused["limit"]?.text == "tags.team", "\(refused.text)")
            let missing = try await caller.call("POST", "/v1/keys", order())
            #expect(missing.status == 400 && missing["field"]?.text == "tags.tenant", "\(missing.text)")
            let run = #"{"id":"billing-1","tags":{"team":"x","tenant":"t"}}"#
            #expect(try await caller.call("POST", "/v1/runs", run).status == 201)
            let key = try await caller.call("POST", "/v1/keys", order(#","run_id":"billing-1""#))
            #expect(key["tags"]?["team"]?.text == "x" && key["tags"]?["tenant"]?.text == "t", "\(key.text)")
        }
    }

    @Test func `is for the policy's vendor`() async throws {
        let desk = try desk { $0.vendors["twilio"] = Vendor(name: "twilio") }
        try await desk.serve { caller in
            #expect(try await caller.call("POST", "/v1/keys", order(#","vendor":"stripe""#)).status == 201)
            let other = try await caller.call("POST", "/v1/keys", order(#","vendor":"twilio""#))
            #expect(other.status == 400 && other["field"]?.text == "vendor", "\(other.text)")
        }
    }

    @Test func `is within the issuer's ceiling too`() async throws {
        let desk = try desk { rules in
            rules.policies.append(try Desk.policy())
            rules.policies[1].name = "other"
            var program = TrustedProgram(name: "shop", digest: SecretDigest(of: Self.secret), runs: Glob("*"))
            (program.ceiling.policies, program.ceiling.lifetime) = (["billing"], .seconds(60))
            program.ceiling.caps.daily = Money(decimal: "40")
            rules.trusted = [program]
        }
        try await desk.serve { caller in
            let key = try await caller.call("POST", "/v1/keys", order(), token: Self.secret)
            #expect(key["daily_usd_cap"] == .number("40"), "\(key.text)")
            #expect(key["expires_at"]?.text == "2026-11-24T02:12:04Z")
            for (content, limit) in [
                (order(#","daily_usd_cap":50"#), "daily_usd_cap_max"),
                (#"{"label":"a","policy":"other"}"#, "policies"),
            ] {
                let answer = try await caller.call("POST", "/v1/keys", content, token: Self.secret)
                #expect(answer.status == 403 && answer["limit"]?.text == limit, "\(answer.text)")
            }
        }
    }

    @Test func `is not issued while the policy is stopped`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let stopped = try await caller.call("POST", "/v1/stops", #"{"policy":"billing"}"#)
            #expect(stopped.status == 201, "\(stopped.text)")
            let refused = try await caller.call("POST", "/v1/keys", order())
            #expect(refused["code"]?.text == "stopped", "\(refused.text)")
            let free = #"{"label":"a","vendor":"stripe","allowed_endpoints":[]}"#
            #expect(try await caller.call("POST", "/v1/keys", free).status == 201)
        }
    }

    @Test func `is revoked like any issued key`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let order = order(#","run_id":"billing-1""#)
            let id = try #require(try await caller.call("POST", "/v1/keys", order)["id"]?.text)
            #expect(try await caller.call("DELETE", "/v1/keys/\(id)").status == 200)
            #expect(try await caller.call("POST", "/v1/keys/\(id)/reopen").status == 409)
            #expect(try await caller.call("POST", "/v1/keys", order).status == 201)
        }
        #expect(try await desk.store.load(now: desk.clock.read()).blocked.isEmpty)
    }
}
