import Core
import SQLiteStore
import Testing

@testable import ControlAPI

@Suite struct `A hold in doubt` {
    private static let account = Account(kind: .policy, id: "policy:billing:r1", title: "run r1")
    private static let covers = [Cover(account: account, caps: Caps(total: Money(decimal: "50")), place: nil)]

    private static func doubt(_ desk: Desk, _ ids: [String] = ["req_1"]) async throws {
        for id in ids { try await desk.book(id, "20", on: covers, run: "r1", .inDoubt(evidence: "timeout")) }
    }

    private static func sums(_ desk: Desk) -> Balance.Sums { desk.store.balances([account])[0].total }

    @Test func `counts as spent once it is settled, with who and why on record`() async throws {
        let desk = try Desk()
        try await Self.doubt(desk)
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/holds/req_1/settle", #"{"reason":"ch_3 is there"}"#)
            #expect(answer.status == 200 && answer["amount_usd"]?.text == "20.00", "\(answer.text)")
            #expect(Self.sums(desk).spent == Money(decimal: "20") && Self.sums(desk).inDoubt == .zero)
            let record = try await caller.call("GET", "/v1/audit?request_id=req_1")
            #expect(
                record.text.contains("ch_3 is there") && record.text.contains(#""result":"settled""#), "\(record.text)")
            #expect(try await caller.call("GET", "/v1/holds").text.contains("req_1") == false)
            let twice = try await caller.call("POST", "/v1/holds/req_1/release", #"{"reason":"no"}"#)
            #expect(twice.status == 404 && twice["code"]?.text == "not_in_doubt")
            #expect(Self.sums(desk).spent == Money(decimal: "20"))
        }
    }

    @Test func `counts at the cost that is known`() async throws {
        let desk = try Desk()
        try await Self.doubt(desk)
        try await desk.serve { caller in
            let content = #"{"reason":"invoice","cost_usd":"12.50"}"#
            let answer = try await caller.call("POST", "/v1/holds/req_1/settle", content)
            #expect(answer.status == 200)
            #expect(Self.sums(desk).counted == Money(decimal: "12.5"))
        }
    }

    @Test func `no longer counts once it is released, also after a restart`() async throws {
        let desk = try Desk()
        try await Self.doubt(desk, ["req_1", "req_2"])
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/holds/req_1/release", #"{"reason":"down"}"#)
            #expect(answer.status == 200)
            #expect(Self.sums(desk).counted == Money(decimal: "20"))
        }
        await desk.store.close()
        let again = try SQLiteStore.open(
            path: desk.folder.file("store.sqlite"), clock: desk.clock.read, log: Desk.quiet)
        #expect(again.balances([Self.account])[0].total.inDoubt == Money(decimal: "20"))
        #expect(try await again.holds(inDoubtOnly: false).map(\.requestID) == ["req_2"])
        #expect(try await again.verify() == .intact(rows: 6))
        await again.close()
    }

    @Test(arguments: [("label=r*", true), ("label=r", false), ("run_id=r1", true), ("vendor=twilio", false)])
    func `is found by its label, run and vendor`(query: String, isFound: Bool) async throws {
        let desk = try Desk()
        try await Self.doubt(desk)
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/holds?" + query)
            #expect(answer.text.contains("req_1") == isFound)
        }
    }

    @Test func `is decided with others at once`() async throws {
        let desk = try Desk()
        try await Self.doubt(desk, ["req_1", "req_2"])
        try await desk.serve { caller in
            let content = #"{"ids":["req_1","req_2","req_9"],"reason":"the vendor was down"}"#
            let answer = try await caller.call("POST", "/v1/holds/release", content)
            #expect(answer.status == 200 && answer.text.contains(#""not_in_doubt":["req_9"]"#), "\(answer.text)")
            #expect(Self.sums(desk).counted == .zero)
        }
    }

    @Test func `is not what still waits for its answer`() async throws {
        let desk = try Desk()
        try await desk.book("req_1", "20", on: Self.covers, run: "r1", nil)
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/holds/req_1/release", #"{"reason":"no"}"#)
            #expect(answer["code"]?.text == "not_in_doubt" && Self.sums(desk).held == Money(decimal: "20"))
        }
    }

    @Test(arguments: [
        ("reason", "req_1/settle", "{}"), ("reason", "req_1/release", #"{"reason":""}"#),
        ("cost_usd", "req_1/settle", #"{"reason":"x","cost_usd":"-1"}"#),
        ("cost_usd", "req_1/release", #"{"reason":"x","cost_usd":"1"}"#), ("ids", "settle", #"{"reason":"x"}"#),
        ("ids", "release", #"{"reason":"x","ids":[]}"#), ("ids", "release", #"{"reason":"x","ids":"req_1"}"#),
    ])
    func `is decided by nothing less`(field: String, path: String, content: String) async throws {
        let desk = try Desk()
        try await Self.doubt(desk)
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/holds/\(path)", content)
            #expect(answer.status == 400 && answer["field"]?.text == field, "\(answer.text)")
            #expect(Self.sums(desk).inDoubt == Money(decimal: "20"))
        }
    }
}
