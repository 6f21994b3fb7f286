internal import Core

extension ControlAPI {
    private static let filters = [
        "label", "run_id", "key_id", "vendor", "decision", "since", "until", "request_id", "tag.*",
    ]

    /// From `since` or behind `after` oldest first; without either, the newest. As CSV or lines of JSON, and without a
    /// limit: all of them.
    func audit(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(Self.filters + ["after", "limit", "format"])
        var filter = try filter(query)
        filter.viewer = call.viewer
        let after = try query.number("after")
        let form = try form(query, call.request)
        if let form, query["limit"] == nil {
            var export = RecordsExport(sidecar.audit, filter, after: after, now: sidecar.clock(), form: form)
            let vault = sidecar.vault
            export.choose = { records throws(StoreFailure) in try await call.seen(records, vault) }
            return APIAnswer(status: 200, contentType: form.mediaType, content: .pieces(export))
        }
        let limit = try query.limit(default: 100, most: 1000)
        let newest = after == nil && filter.since == nil
        let asked = filter
        if newest {
            let seen = try await stored { () throws(StoreFailure) in
                let found = try await sidecar.audit.records(asked, after: after, newest: true, limit: limit)
                return try await call.seen(found, sidecar.vault)
            }
            return page(seen, next: nil, form)
        }
        let (seen, next) = try await stored { () throws(StoreFailure) in
            try await fullPage(call, asked, after: after, limit: limit)
        }
        return page(seen, next: next, form)
    }

    /// Whoever sees not all of the records gets as many at once as anybody.
    private func fullPage(
        _ call: Call, _ filter: AuditFilter, after: Int64?, limit: Int
    ) async throws(StoreFailure) -> (records: [AuditRecord], next: Int64?) {
        var (found, after) = ([AuditRecord](), after)
        while true {
            let records = try await sidecar.audit.records(filter, after: after, newest: false, limit: limit)
            found += try await call.seen(records, sidecar.vault)
            if found.count >= limit { break }
            guard records.count == limit, let last = records.last?.sequence else { return (found, nil) }
            after = last
        }
        return (Array(found.prefix(limit)), found[limit - 1].sequence)
    }

    /// `GET /v1/audit/export`: the chain itself as JSON Lines, with its hashes; `audit verify --file` checks it.
    func exportAudit(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(["since", "until"])
        let now = sidecar.clock()
        let (since, until) = (try query.moment("since", now: now), try query.moment("until", now: now))
        let export = try await stored { () throws(StoreFailure) in
            try await ChainExport(sidecar.audit, since: since, until: until)
        }
        return APIAnswer(status: 200, contentType: RecordsForm.lines.mediaType, content: .pieces(export))
    }

    /// nil for the JSON of a page.
    private func form(_ query: Query, _ request: APIRequest) throws(APIProblem) -> RecordsForm? {
        switch try query.oneOf("format", ["json", "jsonl", "csv"]) {
        case "json": nil
        case "jsonl": .lines
        case "csv": .csv
        default: request.accepts("text/csv") ? .csv : request.accepts("application/x-ndjson") ? .lines : nil
        }
    }

    func verifyAudit(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        switch try await stored({ () throws(StoreFailure) in try await sidecar.audit.verify() }) {
        case .intact(let rows, let pruned):
            return .json(
                200,
                .fields([
                    ("intact", .bool(true)), ("rows", .count(rows)), ("pruned_rows", pruned.map { .count($0.rows) }),
                    ("pruned_until", pruned.map { .time($0.until) }),
                ]))
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
        filter.tags = try query.tags()
        filter.since = try query.moment("since", now: now)
        filter.until = try query.moment("until", now: now)
        return filter
    }

    private func page(_ records: [AuditRecord], next: Int64?, _ form: RecordsForm?) -> APIAnswer {
        guard let form else {
            return .json(200, .page("records", records.map(\.json), next: next.map { .count($0) }))
        }
        let content = form.opening + records.flatMap(form.line)
        var answer = APIAnswer(status: 200, contentType: form.mediaType, content: .whole(content))
        // These forms have no room for the cursor in their content.
        if let next { answer.fields = [("Cofferdam-Next", "\(next)")] }
        return answer
    }
}
