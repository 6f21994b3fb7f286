internal import Core

extension ControlAPI {
    /// Alive: it answers.
    func health(_ call: Call) -> APIAnswer { .json(200, .fields([("status", .string("ok"))])) }

    /// Whether requests are served at all.
    func readiness(_ call: Call) -> APIAnswer {
        let ready = isReady
        var answer = APIAnswer.json(ready ? 200 : 503, .fields([("ready", .bool(ready))]))
        if !ready { answer.fields = [("Retry-After", "1")] }
        return answer
    }

    /// Without the store nothing is let through.
    var isReady: Bool { surroundings.ready() && sidecar.troubles.withLockedValue { $0.store == nil } }
}
