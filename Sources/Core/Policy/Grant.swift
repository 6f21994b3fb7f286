/// The vault key that a caller uses for a vendor, and every account that its spending counts on.
package final class Grant: Sendable {
    package let caller: Caller
    package let key: VaultKey
    /// The policy that the run falls under for this vendor.
    package let policy: Policy?
    /// What is put in for the agent.
    let credential: Secret

    /// Exchanges a run for its key, or takes the key that was presented.
    /// - Throws: `.vendorNotGranted`, `.vaultKeyRevoked`, `.storeUnavailable`, `.credentialUnavailable`.
    static func make(
        _ caller: Caller, _ target: Target, _ rules: Rules, _ vault: Vault
    ) async throws(Refusal) -> Grant {
        let vendor = target.vendor.name
        let policy = caller.run.flatMap { rules.policy(for: $0.id, vendor) }
        let key: VaultKey
        if let presented = caller.key {
            key = presented
        } else if let run = caller.run {
            key = try await vault.exchange(run, for: vendor, rules)
        } else {
            throw .credentialMissing
        }
        return try Grant(caller: caller, key: key, policy: policy, target)
    }

    init(caller: Caller, key: VaultKey, policy: Policy?, _ target: Target) throws(Refusal) {
        guard let credential = target.vendor.credential else {
            throw .credentialUnavailable(vendor: target.vendor.name)
        }
        (self.caller, self.key, self.policy, self.credential) = (caller, key, policy, credential)
    }

    /// The run that spends: the caller's, else the key's.
    package var runID: String? { caller.run?.id ?? key.runID }

    /// What a stop of it can be about.
    var subject: Subject {
        // An exchanged key has the label of its run's policy already.
        let own = key.policy == nil ? runID.flatMap { policy?.label(run: $0) } : nil
        let labels = own.map { [key.label, $0] } ?? [key.label]
        return Subject(runID: runID, labels: labels, policy: policy?.name ?? key.policy, vendor: key.vendor)
    }

    /// Every account that counts a request to `target`: the key, the run under its policy, the budgets, and the whole.
    func covers(_ target: Target, _ rules: Rules) -> [Cover] {
        // Never capped: what status shows as spent today.
        var covers = [Cover(account: .everything, caps: Caps(), place: nil)]
        if key.policy == nil {
            let account = Account(kind: .key, id: "key:\(key.id)", title: "key \(key.id) (\(key.label))")
            covers.append(Cover(account: account, caps: key.caps, place: nil))
        }
        if let policy, let runID { covers += policyCovers(policy, runID, target) }
        for budget in rules.budgets where budget.covers(target.vendor.name, key.label) {
            covers.append(
                budget.cover(runID: runID, label: key.label, policy: policy?.name, vendor: target.vendor.name))
        }
        return covers
    }

    private func policyCovers(_ policy: Policy, _ runID: String, _ target: Target) -> [Cover] {
        let id = "policy:\(policy.name):\(runID)"
        let account = Account(kind: .policy, id: id, title: "run \(runID)")
        var covers = [Cover(account: account, caps: policy.caps, place: policy.capsPlace ?? policy.place)]
        if let name = target.operation?.name, let caps = policy.operationCaps[name] {
            let single = Account(kind: .policy, id: "\(id):\(name)", title: "\(name) of run \(runID)")
            covers.append(Cover(account: single, caps: caps, place: policy.place))
        }
        return covers
    }
}

extension Budget {
    func covers(_ vendor: String, _ label: String) -> Bool {
        (self.vendor ?? vendor) == vendor && (self.label?.matches(label) ?? true)
    }

    func cover(runID: String?, label: String, policy: String?, vendor: String) -> Cover {
        let values = per.map { dimension in
            switch dimension {
            case .run: runID ?? "-"
            case .label: label
            case .policy: policy ?? "-"
            case .vendor: vendor
            }
        }
        let value = values.joined(separator: ",")
        let title = per.isEmpty ? "budget \(name)" : "budget \(name) (\(value))"
        let account = Account(kind: .budget, id: "budget:\(name):\(value)", title: title)
        return Cover(account: account, caps: overrides[value] ?? caps, place: place)
    }
}
