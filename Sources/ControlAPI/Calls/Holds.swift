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

    private func describe(_ hold: OpenHold) -> JSONValue {
        .fields([
            ("request_id", .string(hold.requestID)), ("state", .string(hold.inDoubt ? "in_doubt" : "held")),
            ("amount_usd", .usdText(hold.amount)), ("time", .time(hold.at)), ("run_id", .text(hold.runID)),
            ("key_id", .text(hold.keyID)), ("label", .text(hold.label)), ("vendor", .string(hold.vendor)),
            ("operation", .string(hold.operation)), ("evidence", .string(hold.evidence)),
        ])
    }
}
