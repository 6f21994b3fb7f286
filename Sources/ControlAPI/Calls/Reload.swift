internal import Core

extension ControlAPI {
    /// Reads the configuration anew, all or nothing.
    func reload(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.object([])
        switch await surroundings.reload() {
        case .taken(let generation, let waiting):
            let names = JSONValue.array(waiting.map { .string($0) })
            return .json(200, .fields([("generation", .count(generation)), ("needs_restart", names)]))
        case .rejected(let problem):
            throw .configurationRejected(problem)
        }
    }
}
