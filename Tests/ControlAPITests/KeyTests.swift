import Core
import Testing

@testable import ControlAPI

@Suite struct `Issuing a vault key` {
    private static let order = """
        {"label":"django-7-r1","vendor":"stripe","allowed_endpoints":["/v1/payment_intents","/v1/payment_intents/*"],\
        "daily_usd_cap":500,"expires_in":"5m"}
        """

    @Test func `answers both names of everything, and the token once`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/keys", Self.order)
            #expect(answer.status == 201)
            #expect(answer["id"] == answer["key_id"])
            #expect(answer["token"] == answer["vault_key"])
            let token = try #require(answer["token"]?.text)
            #expect(token.hasPrefix("vault_key_"))
            #expect(answer["label"]?.text == "django-7-r1")
            #expect(answer["daily_usd_cap"] == .number("500"))
            #expect(answer["expires_at"]?.text == "2026-11-24T02:16:04Z")
            #expect(
                answer["allowed_endpoints"]
                    == .array([.string("/v1/payment_intents"), .string("/v1/payment_intents/*")]))
            let id = try #require(answer["id"]?.text)
            let shown = try await caller.call("GET", "/v1/keys/\(id)")
            #expect(shown.status == 200)
            #expect(!shown.text.contains(token))
        }
        let key = try #require(try await desk.keys.first)
        #expect(key.caps.daily == Money(micros: 500_000_000))
    }

    @Test func `takes the other names, operations and exact cents`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call(
                "POST", "/v1/keys",
                """
                {"agent_run_label":"a","vendor":"stripe","allowed_endpoints":["payment_intents.create"],
                 "total_usd_cap":"0.000001","request_usd_cap":12.50,"expires_at":"2026-11-24T04:11:04+01:00","run_id":"r:1"}
                """)
            #expect(answer.status == 201)
            #expect(answer["allowed_endpoints"] == .array([.string("POST /v1/payment_intents")]))
            #expect(answer["total_usd_cap"] == .number("0.000001"))
            #expect(answer["request_usd_cap"] == .number("12.5"))
            #expect(answer["expires_at"]?.text == "2026-11-24T03:11:04Z")
            #expect(answer["run_id"]?.text == "r:1")
        }
    }

    @Test(arguments: [
        ("label", #""vendor":"stripe","allowed_endpoints":[]"#),
        ("label", #""label":"","vendor":"stripe","allowed_endpoints":[]"#),
        ("label", #""label":"a\u001bb","vendor":"stripe","allowed_endpoints":[]"#),
        ("label", #""label":7,"vendor":"stripe","allowed_endpoints":[]"#),
        ("agent_run_label", #""label":"a","agent_run_label":"b","vendor":"stripe","allowed_endpoints":[]"#),
        ("vendor", #""label":"a","allowed_endpoints":[]"#),
        ("vendor", #""label":"a","vendor":"paypal","allowed_endpoints":[]"#),
        ("allowed_endpoints", #""label":"a","vendor":"stripe""#),
        ("allowed_endpoints", #""label":"a","vendor":"stripe","allowed_endpoints":"/v1/charges""#),
        ("allowed_endpoints", #""label":"a","vendor":"stripe","allowed_endpoints":[1]"#),
        ("allowed_endpoints", #""label":"a","vendor":"stripe","allowed_endpoints":["nothing.known"]"#),
        ("allowed_endpoints", #""label":"a","vendor":"stripe","allowed_endpoints":["account.delete"]"#),
        ("allowed_endpoints", #""label":"a","vendor":"stripe","allowed_endpoints":["evil.example/v1/charges"]"#),
        ("daily_usd_cap", #""label":"a","vendor":"stripe","allowed_endpoints":[],"daily_usd_cap":-1"#),
        ("daily_usd_cap", #""label":"a","vendor":"stripe","allowed_endpoints":[],"daily_usd_cap":1e-7"#),
        ("daily_usd_cap", #""label":"a","vendor":"stripe","allowed_endpoints":[],"daily_usd_cap":0.0000001"#),
        ("daily_usd_cap", #""label":"a","vendor":"stripe","allowed_endpoints":[],"daily_usd_cap":"$5""#),
        ("total_usd_cap", #""label":"a","vendor":"stripe","allowed_endpoints":[],"total_usd_cap":1000000001"#),
        ("request_usd_cap", #""label":"a","vendor":"stripe","allowed_endpoints":[],"request_usd_cap":true"#),
        ("expires_in", #""label":"a","vendor":"stripe","allowed_endpoints":[],"expires_in":"0s""#),
        ("expires_in", #""label":"a","vendor":"stripe","allowed_endpoints":[],"expires_in":"soon""#),
        ("expires_in", #""label":"a","vendor":"stripe","allowed_endpoints":[],"expires_in":"31d""#),
        ("expires_at", #""label":"a","vendor":"stripe","allowed_endpoints":[],"expires_at":"2026-11-24T02:11:04Z""#),
        (
            "expires_at",
            #""label":"a","vendor":"stripe","allowed_endpoints":[],"expires_in":5,"expires_at":"2027-01-01T00:00:00Z""#
        ),
        ("run_id", #""label":"a","vendor":"stripe","allowed_endpoints":[],"run_id":"a b""#),
        ("tags", #""label":"a","vendor":"stripe","allowed_endpoints":[],"tags":["a"]"#),
        ("tags", #""label":"a","vendor":"stripe","allowed_endpoints":[],"tags":{"Tenant":"a"}"#),
        ("tags.tenant", #""label":"a","vendor":"stripe","allowed_endpoints":[],"tags":{"tenant":"a,b"}"#),
        ("tags.tenant", #""label":"a","vendor":"stripe","allowed_endpoints":[],"tags":{"tenant":""}"#),
        ("tags.tenant", #""label":"a","vendor":"stripe","allowed_endpoints":[],"tags":{"tenant":true}"#),
        ("only", #""label":"a","vendor":"stripe","allowed_endpoints":[],"only":["a"]"#),
        ("only", #""label":"a","vendor":"stripe","allowed_endpoints":[],"only":{"":"x"}"#),
        ("only.customer", #""label":"a","vendor":"stripe","allowed_endpoints":[],"only":{"customer":7}"#),
        ("only.customer", #""label":"a","vendor":"stripe","allowed_endpoints":[],"only":{"customer":[]}"#),
        ("only.customer", #""label":"a","vendor":"stripe","allowed_endpoints":[],"only":{"customer":"{user}"}"#),
        ("only.customer", #""label":"a","vendor":"stripe","allowed_endpoints":[],"only":{"customer":"{tag.user}"}"#),
        ("policy", #""label":"a","vendor":"stripe","allowed_endpoints":[],"policy":"nobody's""#),
        ("policy", #""label":"a","vendor":"stripe","allowed_endpoints":[],"policy":7"#),
        ("daily_cap", #""label":"a","vendor":"stripe","allowed_endpoints":[],"daily_cap":5"#),
    ])
    func `names the field that is wrong`(field: String, members: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/keys", "{\(members)}")
            #expect(answer.status == 400)
            #expect(answer["code"]?.text == "malformed_request")
            #expect(answer["type"]?.text == "urn:cofferdam:malformed_request")
            #expect(answer["field"]?.text == field)
            #expect(answer["message"]?.text?.hasPrefix(field) == true)
            #expect(answer.head.lowercased().contains("content-type: application/problem+json"))
        }
        #expect(try await desk.keys.isEmpty)
    }

    @Test(arguments: ["", "{", "[]", #"{"label":"a","label":"b"}"#, #"{"label":"a",}"#, "null"])
    func `refuses what is not one plain object`(content: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/keys", content)
            #expect(answer.status == 400)
        }
    }

    @Test func `gives nothing to a revoked run`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            #expect(try await caller.call("DELETE", "/v1/runs/r1").status == 200)
            let order = #"{"label":"a","vendor":"stripe","allowed_endpoints":[],"run_id":"r1"}"#
            let answer = try await caller.call("POST", "/v1/keys", order)
            #expect(answer.status == 409)
            #expect(answer["code"]?.text == "run_revoked")
        }
    }
}

@Suite struct `A key that was issued` {
    private func issue(_ caller: Caller, label: String = "a") async throws -> String {
        let order =
            #"{"label":"\#(label)","vendor":"stripe","allowed_endpoints":[],"daily_usd_cap":10,"expires_in":"5m"}"#
        return try #require(try await caller.call("POST", "/v1/keys", order)["id"]?.text)
    }

    @Test(arguments: ["/v1/keys/", "/vault/keys/"])
    func `is revoked, harmlessly twice, and touches no other`(path: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let (one, other) = (try await issue(caller), try await issue(caller))
            for _ in 0..<2 {
                let answer = try await caller.call("DELETE", path + one)
                #expect(answer.status == 200)
                #expect(answer["status"]?.text == "revoked")
            }
            #expect(try await caller.call("GET", "/v1/keys/\(other)")["status"]?.text == "active")
            #expect(try await caller.call("DELETE", path + "key_unknown").status == 404)
        }
    }

    @Test func `is revoked after it has expired too`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let id = try await issue(caller)
            desk.clock.advance(.seconds(301))
            #expect(try await caller.call("GET", "/v1/keys/\(id)")["status"]?.text == "expired")
            #expect(try await caller.call("DELETE", "/v1/keys/\(id)")["status"]?.text == "revoked")
        }
    }

    @Test func `shows what is spent, held, in doubt and left`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let id = try await issue(caller)
            let cover = Cover(account: .key(id), caps: Caps(daily: Money(decimal: "10")), place: nil)
            try await desk.book("req_1", "4.50", on: [cover], .settled(Money(micros: 4_500_000)))
            try await desk.book("req_2", "1", on: [cover], nil)
            try await desk.book("req_3", "0.25", on: [cover], .inDoubt(evidence: "timeout"))
            let answer = try await caller.call("GET", "/v1/keys/\(id)")
            #expect(answer["spent_usd"] == .number("4.5"))
            #expect(answer["held_usd"] == .number("1"))
            #expect(answer["in_doubt_usd"] == .number("0.25"))
            #expect(answer["remaining_usd"] == .number("4.25"))
        }
    }

    @Test func `is listed by label, status and page`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let first = try await issue(caller, label: "django-1")
            // Newest first: keys of one moment have no order.
            desk.clock.advance(.seconds(1))
            let second = try await issue(caller, label: "django-2")
            desk.clock.advance(.seconds(1))
            let other = try await issue(caller, label: "celery-1")
            _ = try await caller.call("DELETE", "/v1/keys/\(other)")
            let page = try await caller.call("GET", "/v1/keys?label=django-*&limit=1")
            #expect(Self.ids(page) == [second])
            #expect(page["next"]?.text == second)
            #expect(
                Self.ids(try await caller.call("GET", "/v1/keys?label=django-*&limit=1&after=\(second)")) == [first])
            #expect(Self.ids(try await caller.call("GET", "/v1/keys?status=revoked")) == [other])
            let unknown = try await caller.call("GET", "/v1/keys?colour=red")
            #expect(unknown.status == 400)
            #expect(unknown["field"]?.text == "colour")
        }
    }

    @Test func `made by exchange can be reopened, one that was issued can't`() async throws {
        let desk = try Desk { $0.policies = [try Desk.policy()] }
        try await desk.serve { caller in
            #expect(try await caller.call("POST", "/v1/runs", #"{"id":"billing-7"}"#).status == 201)
            let run = try #require(desk.sidecar.vault.liveRun("billing-7"))
            let key = try await desk.sidecar.vault.exchange(
                run, for: "stripe", desk.sidecar.rules.policy(for: run.id, "stripe"))
            #expect(try await caller.call("DELETE", "/v1/keys/\(key.id)").status == 200)
            await #expect(throws: Refusal.vaultKeyRevoked) {
                try await desk.sidecar.vault.exchange(
                    run, for: "stripe", desk.sidecar.rules.policy(for: run.id, "stripe"))
            }
            #expect(try await caller.call("POST", "/v1/keys/\(key.id)/reopen", "{}").status == 200)
            _ = try await desk.sidecar.vault.exchange(
                run, for: "stripe", desk.sidecar.rules.policy(for: run.id, "stripe"))
            let issued = try await issue(caller)
            #expect(try await caller.call("POST", "/v1/keys/\(issued)/reopen").status == 409)
        }
    }

    private static func ids(_ answer: Caller.Reply) -> [String] {
        guard case .array(let keys) = answer["keys"] else { return [] }
        return keys.compactMap { $0["id"]?.text }
    }
}
