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

    /// Who makes a call, by the token's name; our own commands say which of this machine's users they are, and the
    /// master token has no other name.
    func operatorName(_ call: Call) throws(APIProblem) -> String {
        let bearer = call.bearer ?? .master
        guard let user = try call.request.single(ControlAPI.userField) else { return bearer.name }
        let command = "\(try Label.check(user, ControlAPI.userField)) (cofferdam command)"
        return bearer == .master ? command : "\(bearer.name), \(command)"
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
