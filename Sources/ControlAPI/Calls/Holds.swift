internal import Core

extension ControlAPI {
    /// Holds in doubt with their evidence; with `state=all` also those that wait for their answer.
    func holds(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(["state", "run_id", "label", "vendor"])
        let all = try query.oneOf("state", ["in_doubt", "all"]) == "all"
        let holds = try await stored { () throws(StoreFailure) in try await sidecar.ledger.holds(inDoubtOnly: !all) }
        let chosen = holds.filter { hold in
            (query.glob("run_id")?.matches(hold.runID ?? "") ?? true)
                && (query.glob("label")?.matches(hold.label ?? "") ?? true)
                && (query["vendor"] ?? hold.vendor) == hold.vendor
        }
        return .json(200, .fields([("holds", .array(chosen.map(describe)))]))
    }

    /// `POST /v1/holds/{id}/settle` with `reason` and, when it was not the estimate, `cost_usd`.
    func settleHold(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let object = try call.object(["reason", "cost_usd"])
        let cost = try object.dollars("cost_usd").map(Verdict.Cost.exactly) ?? .estimate
        return try await decide(call, call.id, cost, object)
    }

    /// `POST /v1/holds/{id}/release` with `reason`: the vendor did not act.
    func releaseHold(_ call: Call) async throws(APIProblem) -> APIAnswer {
        try await decide(call, call.id, .none, try call.object(["reason"]))
    }

    /// `POST /v1/holds/settle` and `/v1/holds/release` with `ids` and `reason`: many at once, at their estimates. Those
    /// that are no longer in doubt are told apart, and nothing is done about them.
    func settleHolds(_ call: Call) async throws(APIProblem) -> APIAnswer { try await decideAll(call, .estimate) }

    func releaseHolds(_ call: Call) async throws(APIProblem) -> APIAnswer { try await decideAll(call, .none) }

    private func decideAll(_ call: Call, _ cost: Verdict.Cost) async throws(APIProblem) -> APIAnswer {
        let object = try call.object(["ids", "reason"])
        guard let ids = try object.texts("ids"), !ids.isEmpty else { throw .field("ids", "missing or empty") }
        guard ids.count <= Self.mostDecisions else { throw .field("ids", "at most \(Self.mostDecisions) at once") }
        let evidence = try evidence(call, object)
        var (decided, unknown): ([JSONValue], [JSONValue]) = ([], [])
        for id in ids {
            let hold = try await decide(id, Verdict(cost: cost, evidence: evidence))
            if let hold { decided.append(describe(hold)) } else { unknown.append(.string(Shown.text(id))) }
        }
        return .json(200, .fields([("holds", .array(decided)), ("not_in_doubt", .array(unknown))]))
    }

    private static let mostDecisions = 1000

    private func decide(
        _ call: Call, _ id: String, _ cost: Verdict.Cost, _ object: ObjectReader
    ) async throws(APIProblem) -> APIAnswer {
        let verdict = Verdict(cost: cost, evidence: try evidence(call, object))
        guard let hold = try await decide(id, verdict) else { throw .notInDoubt(Shown.text(id)) }
        return .json(200, describe(hold))
    }

    private func decide(_ id: String, _ verdict: Verdict) async throws(APIProblem) -> OpenHold? {
        let hold = try await stored { () throws(StoreFailure) in try await sidecar.ledger.decide(id, verdict) }
        if let hold {
            let what = verdict.cost == .none ? "released" : "settled"
            note("hold of \(hold.amount) for \(id) \(what): \(verdict.evidence)", runID: hold.runID, keyID: hold.keyID)
        }
        return hold
    }

    /// Who decides, and why: money is not moved without a word.
    private func evidence(_ call: Call, _ object: ObjectReader) throws(APIProblem) -> String {
        guard let reason = try object.text("reason") else { throw .field("reason", "missing: what proves it?") }
        return "\(try operatorName(call)): \(try Label.check(reason, "reason"))"
    }

    private func describe(_ hold: OpenHold) -> JSONValue {
        .fields([
            ("request_id", .string(hold.requestID)), ("state", .string(hold.inDoubt ? "in_doubt" : "held")),
            ("amount_usd", .usdText(hold.amount)), ("time", .time(hold.at)), ("run_id", .text(hold.runID)),
            ("key_id", .text(hold.keyID)), ("label", .text(hold.label)), ("vendor", .string(hold.vendor)),
            ("operation", .string(hold.operation)), ("evidence", .string(hold.evidence)),
        ])
    }
}
