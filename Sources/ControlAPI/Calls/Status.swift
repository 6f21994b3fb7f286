internal import Core

extension ControlAPI {
    /// Anybody may know that we are up; what is spent, on what and by whom needs a token.
    func status(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let problems = self.problems()
        let open: [(String, JSONValue?)] = [
            ("status", .string(problems.isEmpty ? "ok" : "degraded")), ("ready", .bool(isReady)),
            ("version", .string(surroundings.version)),
            ("uptime_s", .count(Int64((sidecar.clock() - sidecar.startedAt).seconds))),
        ]
        guard call.bearer != nil else { return .json(200, .fields(open)) }
        let now = try await today()
        let accounts = try await self.accounts()
        return .json(200, .fields(open + details(problems) + [("today", now), ("accounts", accounts)] + recently()))
    }

    private func details(_ problems: [Trouble]) -> [(String, JSONValue?)] {
        let rules = sidecar.rules
        let troubles = sidecar.troubles.withLockedValue { $0 }
        let counts = sidecar.vault.counts()
        return [
            ("problems", .array(problems.map(\.json))),
            (
                "config",
                .fields([
                    ("generation", .count(rules.generation)),
                    ("loaded_at", troubles.configurationLoadedAt.map { .time($0) }),
                    ("rejected", .text(troubles.rejectedConfiguration)),
                ])
            ),
            (
                "store",
                .fields([
                    ("kind", .string(surroundings.store.kind)), ("ok", .bool(troubles.store == nil)),
                    ("ephemeral", .bool(surroundings.store.ephemeral)), ("scope", .string("this sidecar")),
                    ("path", .string(surroundings.store.path)),
                ])
            ),
            ("ca", surroundings.authorityExpiresAt().map { .fields([("expires_at", .time($0))]) }),
            ("vendors", .object(rules.vendors.values.sorted { $0.name < $1.name }.map(vendor))),
            (
                "now",
                .fields([
                    ("in_flight", .count(sidecar.inFlight.count)), ("keys", .count(counts.keys)),
                    ("runs", .count(counts.runs)),
                    ("stops", .array(sidecar.stops.all.map { .fields(Self.describe($0)) })),
                ])
            ),
        ]
    }

    private func vendor(_ vendor: Vendor) -> JSONValue.Member {
        .init(vendor.name, .fields([("ok", .bool(vendor.credential != nil)), ("mode", .text(vendor.mode))]))
    }

    private func today() async throws(APIProblem) -> JSONValue {
        let holds = try await stored { () throws(StoreFailure) in try await sidecar.ledger.holds(inDoubtOnly: false) }
        let doubt = holds.filter(\.inDoubt)
        let spent = sidecar.ledger.balances([.everything]).first?.today.spent ?? .zero
        return .fields([
            ("day", .string(String(surroundings.localTime(sidecar.clock()).rfc3339.prefix(10)))),
            ("spent_usd", .usdText(spent)),
            ("held_usd", .usdText(Self.sum(holds.filter { !$0.inDoubt }))),
            ("in_doubt_usd", .usdText(Self.sum(doubt))), ("in_doubt", .count(doubt.count)),
        ])
    }

    private static func sum(_ holds: [OpenHold]) -> Money { holds.reduce(.zero) { $0 + $1.amount } }

    /// The last 15 minutes: who spends, and what is refused.
    private func recently() -> [(String, JSONValue?)] {
        let recent = sidecar.activity.recent
        let top = recent.spent.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
        let refused = recent.refusedRuns.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
        return [
            (
                "top",
                .array(top.map { .fields([("run", .string($0.key)), ("spent_15m_usd", .usdText($0.value))]) })
            ),
            (
                "refusals_15m",
                .object(recent.refusals.sorted { $0.key < $1.key }.map { .init($0.key, .count($0.value)) })
            ),
            (
                "refused_runs_15m",
                .object(refused.map { .init($0.key, .count($0.value)) })
            ),
        ]
    }
}
