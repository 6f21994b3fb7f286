import Core
import NIOConcurrencyHelpers
import Testing

@testable import ControlAPI

@Suite struct `Registering a run` {
    @Test func `answers its secret and what an agent needs`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/runs", #"{"id":"billing:7","lifetime":"2h"}"#)
            #expect(answer.status == 201)
            let secret = try #require(answer["secret"]?.text)
            #expect(answer["id"]?.text == "billing:7")
            #expect(answer["deadline"]?.text == "2026-11-24T04:11:04Z")
            #expect(answer["proxy_url"]?.text == "http://billing%3A7:\(secret)@127.0.0.1:4700")
            #expect(answer["environment"]?["HTTPS_PROXY"]?.text?.contains(secret) == true)
            #expect(answer["ca"]?.text == "-----BEGIN CERTIFICATE-----")
            let shown = try await caller.call("GET", "/v1/runs/billing:7")
            #expect(shown.status == 200)
            #expect(!shown.text.contains(secret))
        }
    }

    @Test func `makes up an ID where none is given`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/runs")
            #expect(answer.status == 201)
            let id = try #require(answer["id"]?.text)
            #expect(id.hasPrefix("agent-"))
            #expect(answer["deadline"]?.text == "2026-11-25T02:11:04Z")
        }
    }

    @Test(arguments: [
        ("id", #"{"id":"a b"}"#), ("id", #"{"id":""}"#), ("id", #"{"id":5}"#), ("lifetime", #"{"lifetime":"0s"}"#),
        ("lifetime", #"{"lifetime":"31d"}"#), ("lease", #"{"lease":"1s"}"#), ("run_id", #"{"id":"a","run_id":"b"}"#),
        ("name", #"{"name":"a"}"#),
    ])
    func `names the field that is wrong`(field: String, content: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/runs", content)
            #expect(answer.status == 400)
            #expect(answer["field"]?.text == field)
        }
    }
}

@Suite struct `A registered run` {
    @Test func `can't be registered twice, until it has ended`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let first = try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#)
            let twice = try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#)
            #expect(twice.status == 409)
            #expect(twice["code"]?.text == "run_exists")
            #expect(try await caller.call("POST", "/v1/runs/r1/end")["status"]?.text == "ended")
            #expect(try await caller.call("POST", "/v1/runs/r1/renew")["code"]?.text == "run_over")
            let again = try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#)
            #expect(again.status == 201)
            #expect(again["secret"] != first["secret"])
        }
    }

    @Test func `is found by the label that its policy gives it, also behind many others`() async throws {
        let desk = try Desk { rules in
            var policy = try Desk.policy()
            policy.label = "acme:{run}"
            rules.policies = [policy]
        }
        for number in 0..<450 {
            _ = try await desk.sidecar.vault.register(runID: "billing-\(number)", lifetime: .seconds(60), lease: nil)
        }
        _ = try await desk.sidecar.vault.register(runID: "mail-1", lifetime: .seconds(60), lease: nil)
        try await desk.serve { caller in
            let one = try await caller.call("GET", "/v1/runs?label=acme:billing-7&limit=1")
            #expect(one.text.contains(#""id":"billing-7""#), "\(one.text)")
            guard case .array(let all) = try await caller.call("GET", "/v1/runs?label=acme:*&limit=1000")["runs"] else {
                Issue.record("no list")
                return
            }
            #expect(all.count == 450)
            #expect(try await caller.call("GET", "/v1/runs?label=other")["runs"] == .array([]))
        }
    }

    @Test func `lives as long as its lease is renewed`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/runs", #"{"id":"r1","lease":"60s"}"#)
            #expect(answer["deadline"]?.text == "2026-11-24T02:12:04Z")
            desk.clock.advance(.seconds(30))
            #expect(try await caller.call("POST", "/v1/runs/r1/renew")["deadline"]?.text == "2026-11-24T02:12:34Z")
            desk.clock.advance(.seconds(61))
            #expect(try await caller.call("GET", "/v1/runs/r1")["status"]?.text == "expired")
            #expect(try await caller.call("POST", "/v1/runs/r1/renew").status == 409)
        }
    }

    @Test func `stays revoked until it is resumed`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            _ = try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#)
            for _ in 0..<2 {
                #expect(try await caller.call("DELETE", "/v1/runs/r1?reason=loop")["status"]?.text == "revoked")
            }
            #expect(try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#)["code"]?.text == "run_revoked")
            #expect(try await caller.call("POST", "/v1/runs/r1/renew")["code"]?.text == "run_revoked")
            #expect(try await caller.call("POST", "/v1/runs/r1/resume")["status"]?.text == "active")
        }
        #expect(desk.logged.withLockedValue { $0.contains("run r1 stopped by the admin token: loop") })
    }

    @Test func `has on record who stopped and resumed it, and why`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            _ = try await caller.call("DELETE", "/v1/runs/r1?reason=loop")
            _ = try await caller.call("POST", "/v1/runs/r1/resume", fields: ["Cofferdam-User": "ada"])
            let answer = try await caller.call("GET", "/v1/audit?run_id=r1")
            guard case .array(let records) = answer["records"] else { return }
            #expect(records.map { $0["decision"]?.text } == ["note", "note"])
            #expect(
                records.map { $0["reason"]?.text } == [
                    "run r1 stopped by the admin token: loop", "run r1 resumed by ada (cofferdam command)",
                ])
            #expect(try await caller.call("GET", "/v1/audit/verify")["intact"] == .bool(true))
        }
    }

    @Test func `is cut while it is being served when it is revoked`() async throws {
        let desk = try Desk()
        let cuts = NIOLockedValueBox<[InFlight.Cut]>([])
        _ = desk.sidecar.inFlight.enter(
            .init(Subject(runID: "r1"), keyIDs: []) { cut in cuts.withLockedValue { $0.append(cut) } })
        _ = desk.sidecar.inFlight.enter(.init(Subject(runID: "r2"), keyIDs: []) { _ in Issue.record("cut r2") })
        try await desk.serve { caller in
            let answer = try await caller.call("DELETE", "/v1/runs/r1")
            #expect(answer.status == 200)
        }
        #expect(cuts.withLockedValue { $0 } == [.revoked])
    }

    @Test func `shows what it spent under each policy that fits`() async throws {
        let desk = try Desk { $0.policies = [try Desk.policy()] }
        let cover = Cover(account: .policy("billing", run: "billing-7"), caps: Caps(), place: nil)
        try await desk.book("req_1", "498", on: [cover], .settled(Money(micros: 498_000_000)))
        try await desk.serve { caller in
            _ = try await caller.call("POST", "/v1/runs", #"{"id":"billing-7"}"#)
            let answer = try await caller.call("GET", "/v1/runs/billing-7")
            guard case .array(let policies) = answer["policies"] else { throw CancellationError() }
            #expect(policies.count == 1)
            #expect(policies.first?["spent_today_usd"]?.text == "498.00")
            #expect(policies.first?["remaining_usd"]?.text == "2.00")
        }
    }

    @Test func `that nobody knows is not found`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            #expect(try await caller.call("GET", "/v1/runs/r9").status == 404)
            #expect(try await caller.call("POST", "/v1/runs/r9/end").status == 404)
            #expect(try await caller.call("POST", "/v1/runs/r9/resume").status == 404)
            let malformed = try await caller.call("DELETE", "/v1/runs/a%20b")
            #expect(malformed.status == 400)
            #expect(malformed["field"]?.text == "id")
        }
    }
}
