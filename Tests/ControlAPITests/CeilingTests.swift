import Core
import SQLiteStore
import Testing

@testable import ControlAPI

@Suite struct `An issuer` {
    private static let secret = "a-program's-own-secret"

    /// A trusted program that may go so far, and its desk.
    private func desk(_ change: (inout Ceiling) -> Void) throws -> Desk {
        try Desk { rules in
            rules.policies = [try Desk.policy()]
            var program = TrustedProgram(
                name: "django", digest: SecretDigest(of: Self.secret), runs: Glob("billing-*"))
            change(&program.ceiling)
            rules.trusted = [program]
        }
    }

    private static let other = "another-program's-secret"

    /// With another program beside it.
    private func two() throws -> Desk {
        try Desk { rules in
            rules.trusted = [("django", Self.secret, "billing-*"), ("payroll", Self.other, "pay-*")].map {
                TrustedProgram(name: $0, digest: SecretDigest(of: $1), runs: Glob($2))
            }
        }
    }

    private func order(_ more: String = "") -> String {
        #"{"label":"a","vendor":"stripe","allowed_endpoints":["/v1/charges"]\#(more)}"#
    }

    @Test func `may be a trusted program with its own secret`() async throws {
        let desk = try desk { _ in }
        try await desk.serve { caller in
            let key = try await caller.call("POST", "/v1/keys", order(), token: Self.secret)
            #expect(key.status == 201, "\(key.text)")
            let run = try await caller.call("POST", "/v1/runs", #"{"id":"billing-7"}"#, token: Self.secret)
            #expect(run.status == 201)
            let stops = try await caller.call("GET", "/v1/stops", token: Self.secret)
            #expect(stops.status == 403 && stops.text.contains("program django has the role issuer"), "\(stops.text)")
            let id = key["id"]?.text ?? ""
            #expect(try await caller.call("DELETE", "/v1/keys/\(id)", token: Self.secret).status == 200)
            await desk.store.flush()
            let notes = try await caller.call("GET", "/v1/audit?decision=note").text
            #expect(notes.contains("key \(id) revoked by program django"))
        }
    }

    @Test func `gets a key within its ceiling, and is told which limit is passed`() async throws {
        let desk = try desk { ceiling in
            (ceiling.policies, ceiling.lifetime) = (["billing"], .seconds(300))
            ceiling.caps.daily = Money(decimal: "50")
        }
        try await desk.serve { caller in
            let key = try await caller.call("POST", "/v1/keys", order(), token: Self.secret)
            #expect(key["daily_usd_cap"] == .number("50"))
            #expect(key["expires_at"]?.text == "2026-11-24T02:16:04Z", "\(key.text)")
            for (more, limit) in [
                (#","daily_usd_cap":50.01"#, "daily_usd_cap_max"), (#","expires_in":"6m""#, "key_lifetime_max"),
                (#","run_id":"other-1""#, "runs"),
            ] {
                let answer = try await caller.call("POST", "/v1/keys", order(more), token: Self.secret)
                #expect(answer.status == 403 && answer["code"]?.text == "ceiling_exceeded", "\(answer.text)")
                #expect(answer["limit"]?.text == limit)
                #expect(answer["message"]?.text?.contains("program django") == true)
                #expect(try await caller.call("POST", "/v1/keys", order(more)).status == 201, "the master may")
            }
            let wide = #"{"label":"a","vendor":"stripe","allowed_endpoints":["/*"]}"#
            #expect(try await caller.call("POST", "/v1/keys", wide, token: Self.secret)["limit"]?.text == "policies")
        }
    }

    @Test func `knows nothing of another issuer's keys, and can't revoke them`() async throws {
        let desk = try two()
        try await desk.serve { caller in
            let key = try await caller.call("POST", "/v1/keys", order(), token: Self.secret)
            let path = "/v1/keys/\(key["id"]?.text ?? "")"
            for method in ["GET", "DELETE"] {
                let refused = try await caller.call(method, path, token: Self.other)
                #expect(refused.status == 404, "\(refused.text)")
            }
            #expect(try await caller.call("GET", "/v1/keys", token: Self.other)["keys"] == .array([]))
            // Its own program's, and the master's, it is as before.
            #expect(try await caller.call("GET", "/v1/keys", token: Self.secret).text.contains(#""label":"a""#))
            #expect(try await caller.call("GET", path)["status"]?.text == "active")
            #expect(try await caller.call("DELETE", path, token: Self.secret).status == 200)
        }
    }

    @Test(arguments: ["", "?format=csv"])
    func `reads no record of another issuer's keys`(form: String) async throws {
        let desk = try two()
        try await desk.serve { caller in
            let key = try await caller.call("POST", "/v1/keys", order(), token: Self.secret)
            await desk.refuse("req_mine", "endpoint_not_allowed", run: nil, key: key["id"]?.text)
            let own = try await caller.call("GET", "/v1/audit\(form)", token: Self.secret)
            #expect(own.text.contains("req_mine"), "\(own.text)")
            let others = try await caller.call("GET", "/v1/audit\(form)", token: Self.other)
            #expect(others.status == 200 && !others.text.contains("req_mine"), "\(others.text)")
        }
    }

    @Test func `registers, renews and revokes runs within its ceiling`() async throws {
        let desk = try desk { ceiling in
            ceiling.lifetime = .seconds(600)
            ceiling.caps.daily = Money(decimal: "500")
        }
        try await desk.serve { caller in
            let run = try await caller.call("POST", "/v1/runs", #"{"id":"billing-1"}"#, token: Self.secret)
            #expect(run["deadline"]?.text == "2026-11-24T02:21:04Z", "\(run.text)")
            _ = try await caller.call("POST", "/v1/runs", #"{"id":"other-1"}"#)
            let calls = [
                ("POST", "/v1/runs", #"{"id":"other-2"}"#, "runs"), ("DELETE", "/v1/runs/other-1", "", "runs"),
                ("POST", "/v1/runs/other-1/end", "", "runs"), ("POST", "/v1/runs/other-1/renew", "", "runs"),
                ("POST", "/v1/runs/billing-1/renew", #"{"lifetime":"11m"}"#, "key_lifetime_max"),
                ("POST", "/v1/runs", #"{"id":"billing-2","lifetime":"11m"}"#, "key_lifetime_max"),
            ]
            for (method, path, content, limit) in calls {
                let answer = try await caller.call(method, path, content, token: Self.secret)
                #expect(answer.status == 403 && answer["limit"]?.text == limit, "\(path): \(answer.text)")
            }
            #expect(desk.sidecar.vault.liveRun("other-1")?.revokedAt == nil)
            #expect(try await caller.call("GET", "/v1/runs", token: Self.secret).text.contains("other-1") == false)
            #expect(try await caller.call("GET", "/v1/runs/other-1", token: Self.secret).status == 404)
            #expect(try await caller.call("DELETE", "/v1/runs/billing-1", token: Self.secret).status == 200)
        }
    }

    @Test func `registers no run that its policies give more than the ceiling`() async throws {
        let desk = try desk { $0.caps.daily = Money(decimal: "499") }
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/runs", #"{"id":"billing-1"}"#, token: Self.secret)
            #expect(answer.status == 403 && answer["limit"]?.text == "daily_usd_cap_max", "\(answer.text)")
            #expect(answer["message"]?.text?.contains("policy billing, which has a cap of $500") == true)
        }
    }

    @Test func `gives its keys and runs the tags that it must`() async throws {
        let desk = try desk { $0.requiredTags = ["tenant"] }
        try await desk.serve { caller in
            for (path, with, without) in [
                ("/v1/keys", order(#","tags":{"tenant":"acme"}"#), order()),
                ("/v1/runs", #"{"id":"billing-1","tags":{"tenant":"acme"}}"#, #"{"id":"billing-2"}"#),
            ] {
                let answer = try await caller.call("POST", path, without, token: Self.secret)
                #expect(answer.status == 403 && answer["limit"]?.text == "required_tags", "\(answer.text)")
                #expect(try await caller.call("POST", path, with, token: Self.secret).status == 201)
            }
        }
    }

    @Test func `gives its keys and runs the tags of its own labels`() async throws {
        let desk = try Desk { rules in
            rules.policies = [try Desk.policy()]
            rules.tagRules.templates = [LabelTemplate("billing-{team}-{run}")].compactMap(\.self)
            var program = TrustedProgram(
                name: "django", digest: SecretDigest(of: Self.secret), runs: Glob("billing-*"))
            program.templates = [LabelTemplate("billing-{tenant}-{run}")].compactMap(\.self)
            program.ceiling.requiredTags = ["tenant"]
            rules.trusted = [program]
        }
        let order = #"{"label":"billing-acme-1","vendor":"stripe","allowed_endpoints":[]"#
        try await desk.serve { caller in
            let own = try await caller.call("POST", "/v1/keys", order + "}", token: Self.secret)
            #expect(own["tags"] == .object([.init("tenant", .string("acme"))]), "\(own.text)")
            let master = try await caller.call("POST", "/v1/keys", order + "}")
            #expect(master["tags"] == .object([.init("team", .string("acme"))]), "\(master.text)")
            let ofRun = try await caller.call("POST", "/v1/keys", order + #","run_id":"billing-9"}"#)
            #expect(ofRun["tags"] == .object([.init("tenant", .string("acme"))]), "a run that the program may name")
            for (id, status) in [("billing-acme-2", 201), ("billing-3", 403)] {
                let run = try await caller.call("POST", "/v1/runs", #"{"id":"\#(id)"}"#, token: Self.secret)
                #expect(run.status == status, "\(run.text)")
            }
        }
    }

    @Test func `sees and revokes only what its ceiling reaches`() async throws {
        let desk = try desk { _ in }
        try await desk.serve { caller in
            let other = try await caller.call("POST", "/v1/keys", order(#","run_id":"other-1""#))["id"]?.text ?? ""
            let own = try await caller.call("POST", "/v1/keys", order(#","run_id":"billing-1""#))["id"]?.text ?? ""
            let list = try await caller.call("GET", "/v1/keys", token: Self.secret).text
            #expect(list.contains(own) && !list.contains(other))
            #expect(try await caller.call("DELETE", "/v1/keys/\(other)", token: Self.secret).status == 404)
            #expect(try await caller.call("GET", "/v1/keys/\(other)")["status"]?.text == "active")
            #expect(try await caller.call("DELETE", "/v1/keys/\(own)", token: Self.secret).status == 200)
        }
        try await desk.book("req_1", "1", run: "billing-1", .settled(.zero))
        try await desk.book("req_2", "1", run: "other-1", .settled(.zero))
        try await desk.serve { caller in
            let audit = try await caller.call("GET", "/v1/audit", token: Self.secret).text
            #expect(audit.contains("req_1") && !audit.contains("req_2"))
            let lines = try await caller.call("GET", "/v1/audit?format=jsonl", token: Self.secret).text
            #expect(lines.contains("req_1") && !lines.contains("req_2"))
        }
    }

    @Test func `gets full pages of what is its own`() async throws {
        let desk = try desk { _ in }
        try await desk.serve { caller in
            for number in 0..<12 {
                let id = number % 4 == 0 ? "billing-\(number)" : "other-\(number)"
                _ = try await caller.call("POST", "/v1/keys", order(#","run_id":"\#(id)""#))
                _ = try await caller.call("POST", "/v1/runs", #"{"id":"\#(id)"}"#)
                desk.clock.advance(.seconds(1))
                try await desk.book("req_\(number)", "1", run: id, .settled(.zero))
            }
            for (path, name) in [("/v1/keys?limit=2", "keys"), ("/v1/runs?limit=2", "runs")] {
                let page = try await caller.call("GET", path, token: Self.secret)
                #expect(page.text.components(of: #""run_id":"billing-"#) == 2, "\(name): \(page.text)")
                let next = try #require(page["next"]?.text)
                let rest = try await caller.call("GET", "\(path)&after=\(next)", token: Self.secret)
                #expect(rest.text.components(of: #""run_id":"billing-"#) == 1, "\(name): \(rest.text)")
            }
            let audit = try await caller.call("GET", "/v1/audit?limit=2&after=0", token: Self.secret)
            #expect(audit.text.components(of: #""request_id":"req_"#) == 2, "\(audit.text)")
        }
    }

    @Test func `may be a named token, whose ceiling outlives a restart`() async throws {
        var desk = try desk { _ in }
        desk.tokens = try AdminTokens.open(directory: desk.folder.path)
        let master = try AdminTokens.token(directory: desk.folder.path)
        let order = """
            {"name":"ci","role":"issuer","policies":["billing"],"vendors":["stripe"],"runs":"billing-*",
             "key_lifetime_max":"1h","daily_usd_cap_max":"50","total_usd_cap_max":"70","request_usd_cap_max":"5.25","required_tags":["team"]}
            """
        let token = try await desk.serve { caller in
            let made = try await caller.call("POST", "/v1/tokens", order, token: master)
            #expect(made.status == 201, "\(made.text)")
            for wrong in [
                order.replacing("ci", with: "x").replacing("issuer", with: "reader"),
                order.replacing("ci", with: "x").replacing("[\"billing\"]", with: "[\"bilking\"]"),
                order.replacing("ci", with: "x").replacing("[\"stripe\"]", with: "[\"strip\"]"),
            ] {
                #expect(try await caller.call("POST", "/v1/tokens", wrong, token: master).status == 400, "\(wrong)")
            }
            return try #require(made["token"]?.text)
        }
        let again = try AdminTokens.open(directory: desk.folder.path)
        let ceiling = try #require(again.bearer(of: token, at: desk.clock.read())?.ceiling)
        #expect(ceiling.policies == ["billing"] && ceiling.vendors == ["stripe"] && ceiling.runs == Glob("billing-*"))
        #expect(ceiling.lifetime == .seconds(3600))
        #expect(ceiling.caps.daily == Money(decimal: "50") && ceiling.caps.total == Money(decimal: "70"))
        #expect(ceiling.caps.request == Money(decimal: "5.25") && ceiling.requiredTags == ["team"])
    }
}

extension String {
    /// How often a text is in it.
    fileprivate func components(of text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
