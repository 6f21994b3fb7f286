internal import Core

extension ControlAPI {
    /// Runs what needs the store; its failure is an answer.
    func stored<T>(_ work: () async throws(StoreFailure) -> T) async throws(APIProblem) -> T {
        do { return try await work() } catch { throw APIProblem(error) }
    }

    /// The `reason` that an operator gives, as log and records show it.
    func reason(_ call: Call) throws(APIProblem) -> String {
        guard let reason = try call.query(["reason"])["reason"] else { return "" }
        return ": " + (try Label.check(reason, "reason"))
    }

    /// Who makes a call: the master token has no name, but our own commands say which of this machine's users they are.
    func operatorName(_ call: Call) throws(APIProblem) -> String {
        guard let user = try call.request.single(ControlAPI.userField) else { return "the admin token" }
        return "\(try Label.check(user, ControlAPI.userField)) (cofferdam command)"
    }

    /// Puts what an operator did into log and records.
    func note(_ text: String, runID: String? = nil, keyID: String? = nil) {
        surroundings.log(text)
        sidecar.ledger.note(AuditNote(at: sidecar.clock(), text: text, runID: runID, keyID: keyID))
    }
}

extension JSONValue {
    /// One page of a list; `next` is the cursor for the one after it, or null.
    static func page(_ name: String, _ values: [JSONValue], next: JSONValue?) -> JSONValue {
        .fields([(name, .array(values)), ("next", next ?? .null)])
    }
}
