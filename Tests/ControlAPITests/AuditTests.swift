import Core
import NIOConcurrencyHelpers
import Testing

@testable import ControlAPI

/// A store whose chain somebody has broken.
private struct BrokenChain: AuditStore {
    func records(
        _ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int
    ) async throws(StoreFailure) -> [AuditRecord] { [] }

    func verify() async throws(StoreFailure) -> ChainVerdict { .broken(row: 7, why: "its digest differs") }
}

/// A store that gives one page, and then no more.
private struct FailingOnTheWay: AuditStore {
    func records(
        _ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int
    ) async throws(StoreFailure) -> [AuditRecord] {
        if after != nil { throw StoreFailure("disk error") }
        return (1...Int64(limit)).map {
            AuditRecord(sequence: $0, note: AuditNote(at: Moment(seconds: 0), text: "n"))
        }
    }

    func verify() async throws(StoreFailure) -> ChainVerdict { .intact(rows: 0) }
}

@Suite struct `The records` {
    /// Five requests of two runs.
    private func filled() async throws -> Desk {
        let desk = try Desk()
        try await desk.book("req_1", "20", run: "billing-7", .settled(Money(micros: 20_000_000)))
        await desk.refuse("req_2", "endpoint_not_allowed", run: "billing-7")
        try await desk.book("req_3", "5", run: "billing-7", .inDoubt(evidence: "no answer in 100 s"))
        desk.clock.advance(.seconds(600))
        try await desk.book("req_4", "1", run: "=cmd|'x'", .released)
        try await desk.book("req_5", "0.0004", run: "mail-1", nil)
        return desk
    }

    private func ids(_ answer: Caller.Reply) -> [String] {
        guard case .array(let records) = answer["records"] else { return [] }
        return records.compactMap { $0["request_id"]?.text }
    }

    @Test func `show label, status and cost of each request`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/audit")
            #expect(ids(answer) == ["req_1", "req_2", "req_3", "req_4", "req_5"])
            guard case .array(let records) = answer["records"], records.count == 5 else { return }
            let shown = records.map { record in
                [record["label"], record["status"], record["cost_usd"], record["decision"]].map {
                    $0 ?? .string("absent")
                }
            }
            #expect(shown[0] == [.string("billing-7"), .number("200"), .number("20"), .string("allowed")])
            #expect(shown[1] == [.string("billing-7"), .number("403"), .number("0"), .string("refused")])
            // Doubt counts as spent.
            #expect(shown[2] == [.string("billing-7"), .number("504"), .number("5"), .string("in_doubt")])
            #expect(shown[3] == [.string("=cmd|'x'"), .number("402"), .number("0"), .string("allowed")])
            #expect(shown[4] == [.string("mail-1"), .null, .number("0"), .string("allowed")])
        }
    }

    @Test(arguments: [
        ("run_id=billing-*", ["req_1", "req_2", "req_3"]), ("label=mail-1", ["req_5"]),
        ("decision=refused", ["req_2"]), ("decision=in_doubt", ["req_3"]),
        ("decision=endpoint_not_allowed", ["req_2"]), ("request_id=req_4", ["req_4"]),
        ("since=5m", ["req_4", "req_5"]),
        ("until=2026-11-24T02:15:00Z", ["req_1", "req_2", "req_3"]), ("vendor=twilio", []), ("key_id=key_x", []),
        ("limit=2", ["req_4", "req_5"]),
    ])
    func `are filtered`(query: String, expected: [String]) async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/audit?" + query)
            #expect(answer.status == 200)
            #expect(ids(answer) == expected)
        }
    }

    @Test func `are paged from the oldest on without a gap`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            var seen: [String] = []
            var next = "0"
            for _ in 0..<9 {
                let answer = try await caller.call("GET", "/v1/audit?limit=2&after=\(next)")
                seen += ids(answer)
                guard case .number(let cursor) = answer["next"] else { break }
                next = cursor
            }
            #expect(seen == ["req_1", "req_2", "req_3", "req_4", "req_5"])
        }
    }

    @Test(arguments: [
        "since=yesterday", "limit=0", "limit=5000", "after=-1", "label=a&label=b", "tag.User=42", "since=%zz",
    ])
    func `are not guessed at when a parameter is wrong`(query: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/audit?" + query)
            #expect(answer.status == 400)
        }
    }

    @Test func `come as CSV that no spreadsheet runs, and as lines of JSON`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let csv = try await caller.call("GET", "/v1/audit", fields: ["Accept": "text/csv"])
            #expect(csv.head.contains("text/csv"))
            let lines = csv.lines
            #expect(lines.count == 6)
            #expect(lines.first?.hasPrefix("sequence,time,request_id,label") == true)
            #expect(csv.text.contains("\"'=cmd|'x'\""))
            let json = try await caller.call("GET", "/v1/audit", fields: ["Accept": "application/x-ndjson"])
            #expect(json.lines.allSatisfy { (try? JSONValue.parse(Array($0.utf8))) != nil })
            #expect(json.lines.count == 5)
        }
    }

    @Test(arguments: ["csv", "jsonl"]) func `come all of them, however many they are`(format: String) async throws {
        let desk = try Desk()
        for number in 0..<1300 { await desk.refuse("req_\(number)", "host_not_allowed", run: "r\(number % 2)") }
        try await desk.serve { caller in
            let all = try await caller.call("GET", "/v1/audit?format=\(format)")
            let lines = all.lines
            #expect(lines.count == (format == "csv" ? 1301 : 1300), "\(all.head)")
            #expect(lines.last?.contains("req_1299") == true)
            let half = try await caller.call("GET", "/v1/audit?format=\(format)&run_id=r1&after=1200")
            #expect(half.lines.filter { $0.contains("host_not_allowed") }.count == 50)
            let page = try await caller.call("GET", "/v1/audit?format=\(format)&limit=3&after=0")
            #expect(page.head.contains("Cofferdam-Next: 3") || page.head.contains("cofferdam-next: 3"), "\(page.head)")
            #expect(page.lines.filter { $0.contains("host_not_allowed") }.count == 3)
            #expect(try await caller.call("HEAD", "/v1/audit?format=\(format)").content.isEmpty)
            #expect(try await caller.call("GET", "/v1/audit?format=xml").status == 400)
        }
    }

    @Test func `break off visibly when the store fails on the way`() async throws {
        let desk = try Desk(audit: FailingOnTheWay())
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/audit?format=csv")
            #expect(answer.status == 200)
            // The last chunk of a whole answer is empty.
            #expect(!answer.text.hasSuffix("0\r\n\r\n"), "\(answer.text.suffix(40))")
        }
    }

    @Test func `leave as a chain that is checked from the file`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/audit/export")
            var check = ExportCheck()
            for line in answer.lines { if !check.take(Array(line.utf8)) { break } }
            guard case .intact(_, let rows, _, _, _) = check.verdict() else {
                Issue.record("\(check.verdict())")
                return
            }
            #expect(rows == 8)
            #expect(try await caller.call("GET", "/v1/audit/export?label=a").status == 400)
        }
    }

    @Test(arguments: [
        ("=1+1", "\"'=1+1\""), ("-1", "\"'-1\""), ("+a", "\"'+a\""), ("@x", "\"'@x\""), ("\tx", "\"'\tx\""),
        ("=\u{301}x", "\"'=\u{301}x\""), ("\r\nx", "\"'\r\nx\""), ("a=b", "\"a=b\""),
        ("say \"a,b\"", "\"say \"\"a,b\"\"\""),
        ("", "\"\""),
    ])
    func `are cells that no spreadsheet takes for a formula`(text: String, cell: String) {
        #expect(CSV.quoted(text) == cell)
    }

    @Test func `are followed as they come, complete ones only`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let request = """
                GET /v1/audit/stream?run_id=billing-* HTTP/1.1\r\nHost: 127.0.0.1:\(caller.port)\r\n\
                Authorization: Bearer \(Desk.token)\r\n\r\n
                """
            async let reply = caller.raw(Array(request.utf8)) { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                if text.contains(": following") { begin.yield() }
                return text.contains("req_8")
            }
            for await _ in begun { break }
            try await desk.book("req_6", "1", run: "mail-1", .released)
            try await desk.book("req_7", "2", run: "billing-7", nil)
            try await desk.book("req_8", "3", run: "billing-7", .settled(Money(micros: 3_000_000)))
            let text = try await reply.text
            #expect(text.contains("req_8"))
            // Older ones, another run's, and one that still waits.
            for id in ["req_1", "req_6", "req_7"] { #expect(!text.contains(id), "\(id)") }
        }
    }

    @Test func `are verified`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/audit/verify")
            #expect(answer["intact"] == .bool(true))
        }
        let broken = try Desk(audit: BrokenChain())
        try await broken.serve { caller in
            let answer = try await caller.call("GET", "/v1/audit/verify")
            #expect(answer["intact"] == .bool(false))
            #expect(answer["row"] == .number("7"))
            #expect(answer["why"]?.text == "its digest differs")
        }
    }

    @Test func `explain a decision`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let refused = try await caller.call("GET", "/v1/explain?request_id=req_2")
            #expect(refused["decision"]?.text == "refused")
            #expect(refused["status"] == .number("403"))
            #expect(refused["sent"] == .bool(false))
            #expect(refused.text.contains("because"))
            #expect(try await caller.call("GET", "/v1/explain?request_id=req_1")["sent"] == .bool(true))
            #expect(try await caller.call("GET", "/v1/explain?request_id=req_9").status == 404)
            #expect(try await caller.call("GET", "/v1/explain").status == 400)
        }
    }

    @Test func `list what is in doubt with its evidence`() async throws {
        let desk = try await filled()
        try await desk.serve { caller in
            let answer = try await caller.call("GET", "/v1/holds")
            guard case .array(let holds) = answer["holds"] else { throw CancellationError() }
            #expect(holds.map { $0["request_id"]?.text } == ["req_3"])
            #expect(holds.first?["amount_usd"]?.text == "5.00")
            #expect(holds.first?["evidence"]?.text == "no answer in 100 s")
            guard case .array(let all) = try await caller.call("GET", "/v1/holds?state=all")["holds"] else { return }
            #expect(Set(all.compactMap { $0["request_id"]?.text }) == ["req_3", "req_5"])
        }
    }
}

@Suite struct `The status of a refusal in a record` {
    @Test(arguments: [
        Refusal.malformedRequest(""), .amountAmbiguous(""), .credentialMissing, .vaultKeyRevoked,
        .endpointNotAllowed(attempted: "", allowed: []), .hostNotAllowed(host: ""), .costUnknown(reason: "", line: ""),
        .runRevoked, .runExpired, .stopped("", reason: ""), .unknownVendor(""), .methodNotAllowed,
        .proxyAuthenticationRequired, .requestTimeout,
        .contentTooLarge(limit: 1), .headTooLarge, .authorityMismatch(""), .upgradeNotSupported, .originUnreachable,
        .originTLSFailed, .originAddressRefused, .originProtocolError, .originTimeout, .storeUnavailable(""),
        .credentialUnavailable(vendor: ""), .overloaded, .pathNotCanonical(""), .vaultKeyInvalid, .vaultKeyExpired,
        .accountNotAllowed(field: ""), .fieldNotAllowed("", ""), .replayOfAnother,
        .vendorNotGranted(vendor: ""),
    ])
    func `is the one that its answer had`(refusal: Refusal) {
        #expect(RefusalStatus.of(refusal.code) == refusal.status)
    }
}
