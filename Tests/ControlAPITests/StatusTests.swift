import Core
import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import ControlAPI

@Suite struct `The status` {
    @Test func `tells a stranger that we are up, and nothing else`() async throws {
        let desk = try Desk { $0.vendors["stripe"]?.credential = nil }
        desk.clock.advance(.seconds(61))
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/status", token: nil)
            #expect(answer.text == #"{"status":"degraded","ready":true,"version":"0.1.0","uptime_s":61}"# + "\n")
            #expect(try await caller.call("GET", "/status", token: "wrong").status == 401)
        }
    }

    @Test func `has every figure for an operator`() async throws {
        let desk = try Desk { $0.policies = [try Desk.policy()] }
        let cover = Cover(account: .policy("billing", run: "billing-7"), caps: Caps(), place: nil)
        try await desk.book("req_1", "498", on: [cover, Self.all], .settled(Money(micros: 498_000_000)))
        try await desk.book("req_2", "1", on: [cover, Self.all], nil)
        try await desk.book("req_3", "0.5", on: [cover, Self.all], .inDoubt(evidence: "timeout"))
        desk.sidecar.activity.spent(Money(micros: 498_000_000), by: "billing-7")
        desk.sidecar.activity.refused("cap_exhausted", run: "billing-7")
        try await desk.serve { caller in
            _ = try await caller.call("POST", "/v1/runs", #"{"id":"billing-7"}"#)
            let answer = try await caller.call("GET", "/status")
            #expect(answer["status"]?.text == "ok")
            #expect(
                answer["vendors"]?["stripe"] == .object([.init("ok", .bool(true)), .init("mode", .string("test"))]))
            #expect(answer["now"]?["runs"] == .number("1"))
            #expect(answer["store"]?["ok"] == .bool(true))
            let today = try #require(answer["today"])
            #expect(today["day"]?.text == "2026-11-24")
            #expect(today["spent_usd"]?.text == "498.00")
            #expect(today["held_usd"]?.text == "1.00")
            #expect(today["in_doubt_usd"]?.text == "0.50")
            #expect(today["in_doubt"] == .number("1"))
            #expect(answer["refusals_15m"]?["cap_exhausted"] == .number("1"))
            guard case .array(let top) = answer["top"], case .array(let accounts) = answer["accounts"] else { return }
            #expect(top.first?["run"]?.text == "billing-7")
            #expect(accounts.first?["account"]?.text == "run billing-7")
            #expect(accounts.first?["remaining_usd"]?.text == "0.50")
            #expect(!answer.text.contains("sk_test_real"))
        }
    }

    @Test func `shows the values of a budget that are nearest to their caps`() async throws {
        let desk = try Desk { rules in
            var budget = Budget(name: "tenants")
            (budget.per, budget.caps) = ([.run], Caps(daily: Money(micros: 100_000_000)))
            budget.overrides = ["r-03": Caps(daily: Money(micros: 4_000_000))]
            rules.budgets = [budget, Budget(name: "tenants-too")]
        }
        func cover(_ budget: String, _ value: String) -> Cover {
            let account = Account(kind: .budget, id: "budget:\(budget):\(value)", title: "budget \(budget) (\(value))")
            return Cover(account: account, caps: Caps(), place: nil)
        }
        for number in 1...25 {
            let value = "r-" + (number < 10 ? "0" : "") + "\(number)"
            try await desk.book(
                "req_\(number)", "\(number)", on: [cover("tenants", value), cover("tenants-too", value)],
                .settled(Money(micros: Int64(number) * 1_000_000)))
        }
        try await desk.serve { caller in
            guard case .array(let accounts) = try await caller.call("GET", "/status")["accounts"] else { return }
            #expect(accounts.count == 20)
            #expect(
                accounts.prefix(3).map { $0["account"]?.text } == [
                    "budget tenants (r-03)", "budget tenants (r-25)", "budget tenants (r-24)",
                ])
            #expect(accounts[0]["remaining_usd"]?.text == "1.00" && accounts[1]["cap_usd"]?.text == "100.00")
            #expect(accounts.allSatisfy { $0["account"]?.text?.hasPrefix("budget tenants (") == true })
        }
    }

    private static let all = Cover(account: .everything, caps: Caps(), place: nil)

    @Test func `says each thing that is wrong and what to do`() async throws {
        var desk = try Desk { rules in
            rules.vendors["stripe"]?.credential = nil
            rules.vendors["stripe"]?.credentialProblem = "restore /etc/cofferdam/stripe.key"
        }
        let end = desk.clock.read() + .seconds(86_400)
        desk.surroundings.authorityExpiresAt = { end }
        desk.sidecar.troubles.withLockedValue { troubles in
            troubles.rejectedConfiguration = "proxy.conf:31:5 unknown key \"buget\""
            troubles.store = "disk full"
        }
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/status")
            guard case .array(let problems) = answer["problems"] else { throw CancellationError() }
            let codes = problems.compactMap { $0["code"]?.text }
            #expect(
                codes == ["store_unavailable", "configuration_rejected", "credential_unavailable", "ca_expires_soon"])
            #expect(problems[2]["fix"]?.text == "restore /etc/cofferdam/stripe.key")
            #expect(answer["ready"] == .bool(false))
            #expect(answer["config"]?["rejected"]?.text == "proxy.conf:31:5 unknown key \"buget\"")
        }
    }

    @Test func `follows a reload`() async throws {
        var desk = try Desk()
        let results = NIOLockedValueBox<[Surroundings.Reload]>([
            .rejected("proxy.conf:3:1: no"), .taken(generation: 2, needsRestart: ["listen.proxy"]),
        ])
        desk.surroundings.reload = { results.withLockedValue { $0.removeFirst() } }
        try await desk.serve { caller in
            let rejected = try await caller.call("POST", "/v1/reload")
            #expect(rejected.status == 422)
            #expect(rejected["message"]?.text?.contains("proxy.conf:3:1: no") == true)
            let taken = try await caller.call("POST", "/v1/reload")
            #expect(taken["generation"] == .number("2"))
            #expect(taken["needs_restart"] == .array([.string("listen.proxy")]))
        }
    }
}

@Suite struct `The probes' listener` {
    @Test func `answers under any name, without a token, and to nothing else`() async throws {
        let desk = try Desk()
        try await desk.serveProbes { caller in
            for path in ["/healthz", "/readyz", "/metrics"] {
                let answer = try await caller.call("GET", path, token: nil, fields: ["Host": "10.1.2.3:9090"])
                #expect(answer.status == 200)
            }
            for path in ["/status", "/v1/keys", "/v1/runs/r1", "/v1/audit"] {
                #expect(try await caller.call("GET", path).status == 404)
            }
            let head = try await caller.call("HEAD", "/healthz", token: nil)
            #expect(head.status == 200)
            #expect(head.content.isEmpty)
        }
    }

    @Test func `is not ready while the store fails or we drain`() async throws {
        var desk = try Desk()
        let ready = NIOLockedValueBox(true)
        desk.surroundings.ready = { ready.withLockedValue { $0 } }
        let sidecar = desk.sidecar
        try await desk.serveProbes { caller in
            let before = try await caller.call("GET", "/readyz")
            #expect(before.status == 200)
            sidecar.troubles.withLockedValue { $0.store = "disk full" }
            #expect(try await caller.call("GET", "/readyz").status == 503)
            #expect(try await caller.call("GET", "/healthz").status == 200)
            sidecar.troubles.withLockedValue { $0.store = nil }
            ready.withLockedValue { $0 = false }
            #expect(try await caller.call("GET", "/readyz").status == 503)
        }
    }

    @Test func `counts without a caller's words`() async throws {
        let desk = try Desk()
        desk.sidecar.activity.refused("cap_exhausted", run: "evil\"} 1\n")
        desk.sidecar.activity.spent(Money(micros: 1_500_000), by: "evil-label")
        try await desk.serveProbes { caller in
            let text = try await caller.call("GET", "/metrics").text
            #expect(text.contains("cofferdam_refusals_total{code=\"cap_exhausted\"} 1\n"))
            #expect(text.contains("cofferdam_spent_usd_total 1.50\n"))
            #expect(text.contains("cofferdam_vendor_ok{vendor=\"stripe\"} 1\n"))
            #expect(!text.contains("evil"))
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                #expect(line.wholeMatch(of: /[a-z_]+(\{[a-z]+="[a-z_]+"\})? [0-9.]+/) != nil, "\(line)")
            }
        }
    }
}

@Suite struct `The admin token` {
    @Test func `is made once, for its owner alone`() throws {
        let folder = try Folder()
        let tokens = try AdminTokens.open(directory: folder.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("token"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let token = try AdminTokens.token(directory: folder.path)
        #expect(tokens.bearer(of: token, at: Moment(seconds: 0))?.role == .admin)
        #expect(tokens.bearer(of: token + "x", at: Moment(seconds: 0)) == nil)
        #expect(try AdminTokens.open(directory: folder.path).bearer(of: token, at: Moment(seconds: 0))?.role == .admin)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["token"])
    }

    @Test(arguments: [0o644, 0o604, 0o660, 0o666])
    func `is refused when others can read or write it`(mode: Int) throws {
        let folder = try Folder()
        _ = try AdminTokens.open(directory: folder.path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.file("token"))
        let problem = #expect(throws: TokenProblem.self) { try AdminTokens.open(directory: folder.path) }
        #expect(problem?.description.contains("chmod 600 \(folder.file("token"))") == true)
    }

    @Test func `is taken from our own group with advice`() throws {
        let folder = try Folder()
        _ = try AdminTokens.open(directory: folder.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.file("token"))
        #expect(try AdminTokens.open(directory: folder.path).advice.first?.contains("chmod 600") == true)
    }

    @Test(arguments: ["", "short", "two words that are long enough", "line\nline that is long enough"])
    func `is refused when it is none`(text: String) throws {
        let folder = try Folder()
        try text.write(toFile: folder.file("token"), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.file("token"))
        #expect(throws: TokenProblem.malformed(path: folder.file("token"))) {
            try AdminTokens.open(directory: folder.path)
        }
    }

    @Test func `is one, however many start at once`() async throws {
        let folder = try Folder()
        let path = folder.path
        try await withThrowingTaskGroup(of: AdminTokens.self) { group in
            for _ in 0..<8 { group.addTask { try await onThread { try AdminTokens.open(directory: path) } } }
            let token = try await group.next().map { _ in try AdminTokens.token(directory: path) }
            for try await tokens in group {
                #expect(tokens.bearer(of: try #require(token), at: Moment(seconds: 0)) == .master)
            }
        }
    }
}
