internal import Core

extension ControlAPI {
    private static let filters = ["label", "run_id", "key_id", "vendor", "decision", "since", "until", "request_id"]

    /// From `since` or behind `after` oldest first; without either, the newest.
    func audit(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(Self.filters + ["after", "limit"])
        let filter = try filter(query)
        let after = try query.number("after")
        let limit = try query.limit(default: 100, most: 1000)
        let newest = after == nil && filter.since == nil
        let records = try await stored { () throws(StoreFailure) in
            try await sidecar.audit.records(filter, after: after, newest: newest, limit: limit)
        }
        let more = !newest && records.count == limit
        return page(records, next: more ? records.last?.sequence : nil, call.request)
    }

    func verifyAudit(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        switch try await stored({ () throws(StoreFailure) in try await sidecar.audit.verify() }) {
        case .intact(let rows): return .json(200, .fields([("intact", .bool(true)), ("rows", .count(rows))]))
        case .broken(let row, let why):
            return .json(200, .fields([("intact", .bool(false)), ("row", .count(row)), ("why", .string(why))]))
        }
    }

    func filter(_ query: Query) throws(APIProblem) -> AuditFilter {
        let now = sidecar.clock()
        var filter = AuditFilter()
        (filter.label, filter.runID) = (query.glob("label"), query.glob("run_id"))
        (filter.keyID, filter.vendor) = (query["key_id"], query["vendor"])
        (filter.decision, filter.requestID) = (query["decision"], query["request_id"])
        filter.since = try query.moment("since", now: now)
        filter.until = try query.moment("until", now: now)
        return filter
    }

    private func page(_ records: [AuditRecord], next: Int64?, _ request: APIRequest) -> APIAnswer {
        var answer: APIAnswer
        if request.accepts("text/csv") {
            answer = .text(CSV.text(records), type: "text/csv; charset=utf-8; header=present")
        } else if request.accepts("application/x-ndjson") {
            let lines = records.map { String(bytes: $0.json.bytes) + "\n" }.joined()
            answer = .text(lines, type: "application/x-ndjson")
        } else {
            return .json(200, .page("records", records.map(\.json), next: next.map { .count($0) }))
        }
        // These forms have no room for the cursor in their content.
        if let next { answer.fields = [("Cofferdam-Next", "\(next)")] }
        return answer
    }
}

/// Records as CSV (RFC 4180).
enum CSV {
    static let columns = [
        "sequence", "time", "request_id", "label", "run_id", "key_id", "vendor", "operation", "method", "path",
        "decision",
        "code", "status", "estimate_usd", "cost_usd", "remaining_usd", "result", "origin_status", "vendor_request_id",
        "duration_ms", "reason",
    ]

    static func text(_ records: [AuditRecord]) -> String {
        let lines = records.map { record in columns.map { cell(record.json[$0]) }.joined(separator: ",") }
        return ([columns.joined(separator: ",")] + lines).map { $0 + "\r\n" }.joined()
    }

    private static func cell(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .number(let text): text
        case .bool(let value): value ? "true" : "false"
        default: ""
        }
    }

    /// Text that a spreadsheet would take for a formula gets an apostrophe: labels and paths are callers' words.
    private static func quoted(_ text: String) -> String {
        let harmless = text.first.map { "=+-@\t\r".contains($0) } == true ? "'" + text : text
        return "\"" + harmless.replacing("\"", with: "\"\"") + "\""
    }
}
