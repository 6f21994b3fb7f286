extension Exchange {
    /// Tells a caller what it may do, what is left to spend, and until when. Asking changes nothing.
    func tellSelf(_ caller: Caller, _ target: Target, _ rules: Rules, _ client: some Client) async {
        let content = SelfReport(sidecar: sidecar, rules: rules, caller: caller).json.bytes + [0x0A]
        let fields = Fields([("Content-Type", "application/json"), ("Cache-Control", "no-store")])
        client.begin(AnswerHead(status: 200, fields: fields, framing: .fixed(Int64(content.count))))
        if target.method != .head { await client.write(content) }
        client.end(Fields())
    }
}

/// A caller's own view of its rights and its money.
struct SelfReport {
    let sidecar: Sidecar
    let rules: Rules
    let caller: Caller

    var json: JSONValue {
        .members([
            ("run_id", (caller.run?.id ?? caller.key?.runID).map { .string($0) }),
            // A run that nobody registered has no deadline of its own.
            ("deadline", caller.run.flatMap { sidecar.vault.liveRun($0.id) }.map { .string($0.deadline.rfc3339) }),
            ("program", caller.program.map { .string($0) }), ("key", caller.key.map(describe)),
            ("vendors", .array(vendors.compactMap(grant))),
        ])
    }

    /// A key is for one vendor; a run may have policies for several.
    private var vendors: [Vendor] {
        let all = rules.vendors.values.sorted { $0.name < $1.name }
        return caller.key.map { key in all.filter { $0.name == key.vendor } } ?? all
    }

    private func describe(_ key: VaultKey) -> JSONValue {
        .members([
            ("id", .string(key.id)), ("label", .string(key.label)), ("vendor", .string(key.vendor)),
            ("expires_at", .string(key.expiresAt.rfc3339)),
        ])
    }

    /// What it may do at a vendor; nil when that is nothing, or when the vendor can't be used now.
    private func grant(_ vendor: Vendor) -> JSONValue? {
        let policy = caller.run.flatMap { rules.policy(for: $0.id, vendor.name) }
        let own = policy.flatMap { policy in caller.run.flatMap { try? sidecar.vault.previewed($0, policy, rules) } }
        guard let key = caller.key ?? own, let target = target(vendor),
            let grant = try? Grant(caller: caller, key: key, policy: policy, target, rules)
        else { return nil }
        let caps = lines(grant.covers(target, rules))
        return .members([
            ("vendor", .string(vendor.name)), ("policy", (key.policy ?? policy?.name).map { .string($0) }),
            ("allowed_endpoints", .array(key.endpoints.map { .string($0.text) })),
            ("remaining_usd", caps.map(\.room).min().map { .string($0.decimal) }),
            ("caps", .array(caps.map(\.json))),
            ("stopped", sidecar.stops.covering(grant.subject).map { .string($0.target.text) }),
        ])
    }

    /// Any request to the vendor.
    private func target(_ vendor: Vendor) -> Target? {
        guard let path = try? CanonicalPath(Array("/".utf8)[...]) else { return nil }
        return Target(vendor: vendor, host: vendor.primaryHost, method: .get, path: path, way: .gateway)
    }

    /// Every cap that covers a request, with its room.
    private func lines(_ covers: [Cover]) -> [Line] {
        covers.filter { !$0.caps.isEmpty }.flatMap { cover -> [Line] in
            let balance = sidecar.ledger.balances([cover.account]).first ?? Balance(account: cover.account)
            return Period.allCases.compactMap { period in
                cover.caps[period].map {
                    Line(what: cover.account.title, period: period, cap: $0, sums: balance.sums(period))
                }
            }
        }
    }

    /// One cap.
    private struct Line {
        var what: String
        var period: Period
        var cap: Money
        var sums: Balance.Sums

        var room: Money { max(cap - sums.counted, .zero) }

        var json: JSONValue {
            .members([
                ("account", .string(what)), ("period", .string(period.rawValue)), ("cap_usd", .string(cap.decimal)),
                ("spent_usd", .string(sums.spent.decimal)), ("held_usd", .string(sums.held.decimal)),
                ("in_doubt_usd", .string(sums.inDoubt.decimal)), ("remaining_usd", .string(room.decimal)),
            ])
        }
    }
}

extension JSONValue {
    /// An object of the members that have a value.
    fileprivate static func members(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }
}
