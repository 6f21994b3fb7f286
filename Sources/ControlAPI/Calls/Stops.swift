internal import Core

extension ControlAPI {
    /// `POST /v1/stops`: one of `run`, `label`, `tag` (`{"user": "42"}`), `policy`, `vendor` or `"all": true`, with `for` and `reason`.
    func makeStop(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let object = try call.object(["run", "label", "tag", "policy", "vendor", "all", "for", "reason"])
        let target = try stopTarget(object)
        let span = try object.span("for")
        let reason = try object.text("reason").map { text throws(APIProblem) in try Label.check(text, "reason") } ?? ""
        let who = try operatorName(call)
        let stop = try await stored { () throws(StoreFailure) in
            try await sidecar.stops.stop(target, for: span, reason: reason, by: who)
        }
        note(
            "\(stop.target.text) stopped by \(who)\(reason.isEmpty ? "" : ": \(reason)") (\(stop.id))",
            runID: stop.target.oneRun)
        return .json(201, .fields(Self.describe(stop)))
    }

    func listStops(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        return .json(200, .fields([("stops", .array(sidecar.stops.all.map { .fields(Self.describe($0)) }))]))
    }

    func liftStop(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        let who = try operatorName(call)
        let stop = try await stored { () throws(StoreFailure) in try await sidecar.stops.lift(call.id) }
        guard let stop else { throw .unknownStop(Shown.text(call.id)) }
        note("\(stop.target.text) goes on, says \(who) (\(stop.id))", runID: stop.target.oneRun)
        return .json(200, .fields(Self.describe(stop)))
    }

    /// Exactly one: a stop of nothing, or of what only seems to be meant, would be found out too late.
    private func stopTarget(_ object: ObjectReader) throws(APIProblem) -> Stop.Target {
        guard let (name, value) = try object.value(["run", "label", "tag", "policy", "vendor", "all"]) else {
            throw .field("run", "missing; give one of run, label, tag, policy, vendor, or \"all\": true")
        }
        if name == "all" {
            guard value == .bool(true) else { throw .field("all", "expected true") }
            return .all
        }
        if name == "tag" {
            let tags = try object.tags("tag")
            guard tags.count == 1, let (name, value) = tags.first else { throw .field("tag", "expected one tag") }
            return .tag(name, Glob(value))
        }
        guard let text = value.text else { throw .field(name, "expected a string") }
        guard let target = Stop.Target("\(name)=\(try Label.check(text, name))") else { throw .field(name, "is empty") }
        try checkExists(target)
        return target
    }

    /// Runs and labels may come later; a policy or a vendor that is not there is a slip.
    private func checkExists(_ target: Stop.Target) throws(APIProblem) {
        let rules = sidecar.rules
        switch target {
        case .policy(let name) where !rules.policies.contains { $0.name == name }:
            throw .field("policy", "not configured")
        case .vendor(let name) where rules.vendors[name] == nil: throw .field("vendor", "not configured")
        default: break
        }
    }

    static func describe(_ stop: Stop) -> [(String, JSONValue?)] {
        [
            ("id", .string(stop.id)), ("target", .string(stop.target.text)), ("created_at", .time(stop.createdAt)),
            ("until", stop.until.map { .time($0) } ?? .null), ("reason", .string(stop.reason)),
            ("by", .string(stop.by)),
        ]
    }
}

extension Stop.Target {
    /// The one run that it is about; nil when it may be about others.
    fileprivate var oneRun: String? {
        if case .run(let glob) = self, glob.isLiteral { glob.text } else { nil }
    }
}
