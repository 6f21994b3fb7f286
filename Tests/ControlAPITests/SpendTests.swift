import Core
import Testing

@testable import ControlAPI

@Suite struct `What was spent` {
    private func filled() async throws -> Desk {
        let desk = try Desk()
        try await desk.book("req_0", "3", run: "acme:pay:1", .settled(Money(micros: 3_000_000)))
        desk.clock.advance(.seconds(86_400))
        try await desk.book("req_1", "20", run: "acme:pay:1", .settled(Money(micros: 20_000_001)))
        try await desk.book("req_2", "5", run: "acme:pay:2", .inDoubt(evidence: "timeout"))
        try await desk.book("req_3", "2", run: "acme:mail", nil)
        await desk.refuse("req_4", "cap_exhausted", run: "zeta")
        return desk
    }

    private func groups(_ answer: Caller.Reply) -> [JSONValue] {
        if case .array(let groups) = answer["groups"] { groups } else { [] }
    }

    @Test func `is summed by label for today, the largest first`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/spend")
            #expect(groups(answer).map { $0["label"]?.text } == ["acme:pay:1", "acme:pay:2", "acme:mail", "zeta"])
            let first = try #require(groups(answer).first)
            #expect(first["spent_usd"]?.text == "20.000001" && first["requests"] == .number("1"), "\(answer.text)")
            #expect(groups(answer)[1]["in_doubt_usd"]?.text == "5.00" && groups(answer)[1]["in_doubt"] == .number("1"))
            #expect(groups(answer)[2]["held_usd"]?.text == "2.00" && groups(answer)[3]["refused"] == .number("1"))
            #expect(answer["total"]?["spent_usd"]?.text == "20.000001" && answer["since"]?.text == "2026-11-25")
            #expect(answer["others"] == .null)
        }
    }

    @Test(arguments: [
        ("group_by=label_prefix&depth=2", ["acme:pay", "acme:mail", "zeta"]),
        ("group_by=label_prefix", ["acme", "zeta"]),
        ("group_by=run&label=*pay*", ["acme:pay:1", "acme:pay:2"]), ("group_by=vendor&run_id=zeta", ["stripe"]),
        ("group_by=day&since=2026-11-24", ["2026-11-24", "2026-11-25"]),
        ("group_by=day&since=1d&until=1d", ["2026-11-24"]),
        ("group_by=policy&policy=billing", []), ("key_id=vk_9", []), ("vendor=twilio", []),
        ("since=2026-11-26", []), ("tag.user=4*", []), ("limit=1", ["acme:pay:1"]),
    ])
    func `is summed as it was asked for`(query: String, expected: [String]) async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/spend?" + query)
            #expect(answer.status == 200, "\(answer.text)")
            let names = ["label", "label_prefix", "run_id", "vendor", "day"]
            #expect(groups(answer).map { group in names.compactMap { group[$0]?.text }.first } == expected)
        }
    }

    @Test func `is told of what a limit leaves out`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/spend?limit=1")
            #expect(answer["others"]?["in_doubt_usd"]?.text == "5.00", "\(answer.text)")
            #expect(answer["total"]?["in_doubt_usd"]?.text == "5.00")
        }
    }

    /// Whose day it is: in Kiritimati the next one has begun.
    @Test func `is of days as the time zone of spending has them`() async throws {
        var desk = try await filled()
        desk.surroundings.localTime = { $0 + .seconds(24 * 3600) }
        let late = desk
        try await late.serve { caller in
            let answer = try await caller.call("GET", "/v1/spend")
            #expect(answer["since"]?.text == "2026-11-26")
        }
    }

    @Test(arguments: [
        "group_by=labels", "group_by=day,day", "group_by=", "depth=2", "group_by=label_prefix&depth=0",
        "since=2026-13-01",
        "until=x", "limit=0", "tag.Us er=1", "group_by=tag", "group_by=tag.", "group_by=tag.a,tag.b",
    ])
    func `is not guessed at when a parameter is wrong`(query: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/spend?" + query)
            // An empty parameter is none.
            #expect(answer.status == (query == "group_by=" ? 200 : 400), "\(answer.text)")
        }
    }
}
