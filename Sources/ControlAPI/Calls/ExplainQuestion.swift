internal import Core

extension ControlAPI {
    /// What would be decided on a request; nothing is sent.
    func explainQuestion(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let object = try call.object(["run_id", "method", "uri", "content_type", "content"])
        guard let runID = try object.text("run_id") else { throw .field("run_id", "missing") }
        guard RunID.isValid(Array(runID.utf8)) else { throw .field("run_id", "not a run ID") }
        guard let uri = try object.text("uri") else { throw .field("uri", "missing") }
        guard let method = Method(rawValue: try object.text("method") ?? "GET"), method != .connect else {
            throw .field("method", "not a method that is passed on")
        }
        var question = Question(runID: runID, method: method, uri: uri)
        question.contentType = try object.text("content_type")
        question.content = Array((try object.text("content") ?? "").utf8)
        return Self.answer(await sidecar.explain(question))
    }

    private static func answer(_ explanation: Explanation) -> APIAnswer {
        var steps = explanation.steps.map(step)
        if let refusal = explanation.refusal {
            steps.append(.fields([("what", .string("refused")), ("detail", .string(refusal.message))]))
        }
        return .json(
            200,
            .fields([
                ("decision", .string(explanation.refusal == nil ? "allowed" : "refused")),
                ("code", .string(explanation.refusal?.code ?? DecisionRecord.allowed)),
                ("status", explanation.refusal.map { .count($0.status) }), ("sent", .bool(false)),
                ("steps", .array(steps)),
            ]))
    }

    private static func step(_ step: Explanation.Step) -> JSONValue {
        .fields([
            ("what", .string(step.what)), ("detail", .string(step.detail)),
            ("place", step.place.map { .string("\($0)") }),
        ])
    }
}
