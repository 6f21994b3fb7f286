internal import Core

extension ControlAPI {
    /// Runs what needs the store; its failure is an answer.
    func stored<T>(_ work: () async throws(StoreFailure) -> T) async throws(APIProblem) -> T {
        do { return try await work() } catch { throw APIProblem(error) }
    }

    /// The `reason` that an operator gives, as the log shows it.
    func reason(_ call: Call) throws(APIProblem) -> String {
        guard let reason = try call.query(["reason"])["reason"] else { return "" }
        return ": " + (try Label.check(reason, "reason"))
    }
}

extension JSONValue {
    /// One page of a list; `next` is the cursor for the one after it, or null.
    static func page(_ name: String, _ values: [JSONValue], next: JSONValue?) -> JSONValue {
        .fields([(name, .array(values)), ("next", next ?? .null)])
    }
}
