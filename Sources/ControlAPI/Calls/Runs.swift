internal import Core

extension ControlAPI {
    private static let longestLifetime = Span.seconds(30 * 86_400)
    private static let leases = Span.seconds(5)...Span.seconds(3600)

    func registerRun(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let object = try call.object(["id", "run_id", "lifetime", "lease", "tags"])
        let id = try runID(object)
        try call.bounded { ceiling throws(Excess) in try ceiling.check(run: id, sidecar.rules) }
        let lifetime = try lifetime(object, call)
        let lease = try lease(object)
        let tags = try tags(object, of: id, call)
        let (run, secret) = try await changed(id) { vault throws(RunProblem) in
            try await vault.register(runID: id, lifetime: lifetime, lease: lease, tags: tags)
        }
        surroundings.log("run \(id) registered by \(try operatorName(call))")
        let environment = surroundings.environment(id, secret).sorted { $0.key < $1.key }
        // A colon would end the user's part of the URL.
        let user = id.replacing(":", with: "%3A")
        let proxy = "http://\(user):\(secret)@\(surroundings.proxyAddress)"
        return .json(
            201,
            .fields(
                describe(run) + [
                    ("secret", .string(secret)), ("proxy_url", .string(proxy)),
                    ("ca", .string(surroundings.authority())),
                    ("environment", .object(environment.map { .init($0.key, .string($0.value)) })),
                ]))
    }

    func listRuns(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(["run_id", "label", "status", "tag.*", "after", "limit"])
        var filter = VaultFilter(
            runID: query.glob("run_id"),
            status: try query.oneOf("status", ["active", "expired", "ended", "revoked"]), now: sidecar.clock())
        (filter.tags, filter.viewer) = (try query.tags(), call.viewer)
        let limit = try query.limit(default: 100, most: 1000)
        let runs = try await runs(filter, query.glob("label"), after: query["after"], limit: limit)
        let next = runs.count == limit ? runs.last?.id : nil
        return .json(200, .page("runs", runs.map { .fields(describe($0)) }, next: .text(next)))
    }

    /// A run's labels are those that its policies give its keys; the store does not know them.
    private func runs(
        _ filter: VaultFilter, _ label: Glob?, after: String?, limit: Int
    ) async throws(APIProblem) -> [Run] {
        var (found, after) = ([Run](), after)
        repeat {
            let (last, most) = (after, label == nil ? limit : max(limit, 200))
            let page = try await stored { () throws(StoreFailure) in
                try await sidecar.vault.runs(filter, after: last, limit: most)
            }
            found += page.filter { run in label.map { label in labels(run).contains(where: label.matches) } ?? true }
            after = page.count == most ? page.last?.id : nil
        } while found.count < limit && after != nil
        return Array(found.prefix(limit))
    }

    private func labels(_ run: Run) -> [String] {
        sidecar.rules.policies.filter { $0.runs.matches(run.id) }.map { $0.label(run: run.id) }
    }

    func showRun(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let run = try await stored { () throws(StoreFailure) in try await sidecar.vault.run(id: call.id) }
        guard let run, call.viewer?.sees(run) ?? true else { throw .unknownRun(Shown.text(call.id)) }
        return .json(200, .fields(describe(run)))
    }

    func renewRun(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let lifetime = try lifetime(try call.object(["lifetime"]), call)
        let run = try await stored { () throws(StoreFailure) in try await sidecar.vault.run(id: call.id) }
        if let run, [.ended, .expired].contains(run.status(at: sidecar.clock())) { throw .runOver(run.id) }
        return try await changing(call) { vault, id throws(RunProblem) in
            try await vault.renew(runID: id, lifetime: lifetime, bound: call.bearer?.ceiling.lifetime)
        }
    }

    func endRun(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.object([])
        return try await changing(call) { vault, id throws(RunProblem) in try await vault.end(runID: id) }
    }

    func resumeRun(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.object([])
        let who = try operatorName(call)
        let answer = try await changing(call) { vault, id throws(RunProblem) in try await vault.resume(runID: id) }
        note("run \(call.id) resumed by \(who)", runID: call.id)
        return answer
    }

    /// Revokes, also an ID that is not registered (yet): a stop must not depend on timing.
    func revokeRun(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let (reason, who) = (try reason(call), try operatorName(call))
        let answer = try await changing(call) { vault, id throws(RunProblem) in try await vault.revoke(runID: id) }
        note("run \(call.id) stopped by \(who)\(reason)", runID: call.id)
        return answer
    }

    private func changing(
        _ call: Call, _ change: (Vault, String) async throws(RunProblem) -> Run
    ) async throws(APIProblem) -> APIAnswer {
        let id = try RunID.check(call.id, "id")
        try call.bounded { ceiling throws(Excess) in try ceiling.check(run: id) }
        let run = try await changed(id) { vault throws(RunProblem) in try await change(vault, id) }
        return .json(200, .fields(describe(run)))
    }

    private func changed<T>(
        _ id: String, _ change: (Vault) async throws(RunProblem) -> T
    ) async throws(APIProblem) -> T {
        do { return try await change(sidecar.vault) } catch { throw APIProblem(error, run: id) }
    }

    private func runID(_ object: ObjectReader) throws(APIProblem) -> String {
        guard let (name, value) = try object.value(["id", "run_id"]) else { return RunID.generate() }
        guard let text = value.text else { throw .field(name, "expected a string") }
        return try RunID.check(text, name)
    }

    /// What its policies' labels give must agree with what it is given, so that its first request is not refused.
    private func tags(_ object: ObjectReader, of id: String, _ call: Call) throws(APIProblem) -> Tags {
        let given = try object.tags()
        let policies = sidecar.rules.policies.filter { $0.runs.matches(id) }
        let rules = sidecar.rules.tagRules(for: id, call.bearer?.templates ?? [])
        var all: [Tags] = []
        do throws(TagProblem) {
            for policy in policies { all.append(try policy.tags(of: id, given, rules)) }
            if policies.isEmpty { all.append(try rules.tags(given, label: id)) }
        } catch { throw APIProblem(error) }
        for tags in all { try call.bounded { ceiling throws(Excess) in try ceiling.check(tags) } }
        return given
    }

    private func lifetime(_ object: ObjectReader, _ call: Call) throws(APIProblem) -> Span {
        let given = try object.span("lifetime")
        if let given, given.microseconds <= 0 || given > Self.longestLifetime {
            throw .field("lifetime", "expected more than nothing, and 30 days at most")
        }
        return try call.bounded { ceiling throws(Excess) in
            try ceiling.bound(lifetime: given, normal: sidecar.rules.runLifetime)
        }
    }

    private func lease(_ object: ObjectReader) throws(APIProblem) -> Span? {
        guard let span = try object.span("lease") else { return nil }
        guard Self.leases.contains(span) else { throw .field("lease", "expected 5 seconds to 1 hour") }
        return span
    }

    /// A run as the API shows it, with its money under each policy that it may have used.
    private func describe(_ run: Run) -> [(String, JSONValue?)] {
        let policies = sidecar.rules.policies.filter { $0.runs.matches(run.id) }
        return [
            ("id", .string(run.id)), ("run_id", .string(run.id)),
            ("status", .string(run.status(at: sidecar.clock()).rawValue)), ("tags", .tags(run.tags)),
            ("created_at", .time(run.createdAt)),
            ("deadline", .time(run.deadline)), ("lease_s", run.lease.map { .count($0.microseconds / 1_000_000) }),
            ("ended_at", run.endedAt.map { .time($0) }), ("revoked_at", run.revokedAt.map { .time($0) }),
            ("policies", .array(policies.map { .fields(describe($0, run)) })),
        ]
    }

    private func describe(_ policy: Policy, _ run: Run) -> [(String, JSONValue?)] {
        let figures = Figures(sidecar.ledger, .policy(policy.name, run: run.id), policy.caps)
        let label = policy.label(run: run.id)
        return [("policy", .string(policy.name)), ("vendor", .string(policy.vendor)), ("label", .string(label))]
            + figures.members(JSONValue.usdText)
    }
}
