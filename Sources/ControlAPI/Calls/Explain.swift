internal import Core

extension ControlAPI {
    /// The decision on a request that was made, and each rule that made it, from its record.
    func explain(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(["request_id"])
        guard let id = query["request_id"] else { throw .field("request_id", "missing") }
        var filter = AuditFilter()
        filter.requestID = id
        let found = try await stored { () throws(StoreFailure) in
            try await sidecar.audit.records(filter, after: nil, newest: false, limit: 1)
        }
        guard let record = found.first else { throw .unknownRequest(Shown.text(id)) }
        return .json(
            200,
            .fields([
                ("request_id", .string(record.decision.requestID.text)), ("decision", .string(record.verdict)),
                ("code", .string(record.decision.code)), ("status", record.status.map { .count($0) }),
                ("sent", .bool(record.wasSent)), ("steps", .array(Self.steps(record))), ("record", record.json),
            ]))
    }

    private static func steps(_ record: AuditRecord) -> [JSONValue] {
        let decision = record.decision
        let refused = record.verdict == "refused"
        let who = [
            decision.runID.map { "run \($0)" }, decision.keyID.map { "key \($0)" },
            decision.label.map { "label \($0)" },
            decision.program.map { "named by \($0)" },
        ].compactMap(\.self).joined(separator: ", ")
        let asked = [decision.vendor, decision.operation ?? "\(decision.method) \(decision.path)"].compactMap(\.self)
        var steps = [
            step("who", who.isEmpty ? "nobody that we know" : who), step("asked", asked.joined(separator: " ")),
        ]
        if let rule = decision.priceRule { steps.append(step("price", "\(decision.estimate) by rule \(rule)")) }
        if let by = decision.decidedBy { steps.append(step(refused ? "refused by" : "allowed by", by)) }
        if let reason = decision.reason { steps.append(step("reason", reason)) }
        if let room = decision.room { steps.append(step("room left", room.description)) }
        return steps + (record.outcome.map(outcome) ?? [])
    }

    private static func outcome(_ outcome: OutcomeRecord) -> [JSONValue] {
        let known = [outcome.originStatus.map { "\($0)" }, outcome.failure].compactMap(\.self)
        let answer = known.isEmpty ? "none" : known.joined(separator: ", ")
        let time = "\(outcome.duration.microseconds / 1000) ms"
        return [
            step("origin", "\(answer) after \(time)"), step("cost", "\(outcome.cost), \(outcome.result)"),
            outcome.evidence.map { step("evidence", $0) },
        ].compactMap(\.self)
    }

    private static func step(_ what: String, _ detail: String) -> JSONValue {
        .fields([("what", .string(what)), ("detail", .string(detail))])
    }
}

extension AuditRecord {
    /// Whether the origin may have seen anything of it.
    var wasSent: Bool {
        guard let outcome else { return isOpen }
        return outcome.result != "released" || outcome.originStatus != nil
    }
}
