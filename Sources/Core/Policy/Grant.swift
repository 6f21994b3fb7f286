/// The vault key that a caller uses for a vendor, and every account that its spending counts on.
package final class Grant: Sendable {
    package let caller: Caller
    package let key: VaultKey
    /// The policy that the run falls under for this vendor.
    package let policy: Policy?
    /// What is put in for the agent.
    let credential: Secret
    /// What a stop of it can be about.
    let subject: Subject

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
            key = try await vault.exchange(run, for: vendor, policy, rules.tagRules(for: run.id))
        } else {
            throw .credentialMissing
        }
        return try Grant(caller: caller, key: key, policy: policy, target, rules)
    }

    init(caller: Caller, key: VaultKey, policy: Policy?, _ target: Target, _ rules: Rules) throws(Refusal) {
        guard let credential = target.vendor.credential else {
            throw .credentialUnavailable(vendor: target.vendor.name)
        }
        (self.caller, self.key, self.policy, self.credential) = (caller, key, policy, credential)
        subject = Self.subject(caller.run, caller.run?.id ?? key.runID, key, policy, rules)
    }

    /// The run that spends: the caller's, else the key's.
    package var runID: String? { caller.run?.id ?? key.runID }

    private static func subject(
        _ run: Run?, _ runID: String?, _ key: VaultKey, _ policy: Policy?, _ rules: Rules
    ) -> Subject {
        // An exchanged key has the label and the tags of its run under the policy already.
        let own = key.isExchanged ? nil : runID.map { rules.owner(run, $0, policy) }
        let owners = own.map { [key.owner, $0] } ?? [key.owner]
        return Subject(runID: runID, owners: owners, policy: policy?.name ?? key.policy, vendor: key.vendor)
    }

    /// The key's tags, as records show them.
    var tagsText: String? { Tag.text(key.tags) }

    /// Every account that counts a request to `target`: the key, the run under its policy, the budgets, and the whole.
    func covers(_ target: Target, _ rules: Rules) -> [Cover] {
        // Never capped: what status shows as spent today.
        var covers = [Cover(account: .everything, caps: Caps(), place: nil)]
        if !key.isExchanged { covers.append(Cover(account: keyAccount, caps: key.caps, place: nil)) }
        if let policy, let runID {
            let own = policyCovers(policy, runID, target)
            covers += observes ? own.map { Cover(account: $0.account, caps: Caps(), place: $0.place) } : own
        }
        for cover in orderedCovers(target) { covers.narrow(cover) }
        for budget in rules.budgets { covers += budgetCovers(budget, rules) }
        return covers
    }

    private var keyAccount: Account {
        Account(kind: .key, id: "key:\(key.id)", title: "key \(key.id) (\(key.label))")
    }

    /// What the policy that a key was ordered under caps for each run: on the account of the key's run, whatever policy
    /// that falls under now. A key of no run is like a run of its own; there the key's caps are within the policy's.
    private func orderedCovers(_ target: Target) -> [Cover] {
        guard let caps = key.policyCaps, let policy = key.policy else { return [] }
        if let runID = key.runID { return policyCovers(policy, caps, runID, target) }
        guard let name = target.operation?.name, let single = caps.operations[name] else { return [] }
        let own = keyAccount
        let account = Account(kind: .key, id: "\(own.id):\(name)", title: "\(name) of \(own.title)")
        return [Cover(account: account, caps: single, place: nil)]
    }

    /// The accounts of a budget: one for the key, and another for its run when that goes by other names.
    private func budgetCovers(_ budget: Budget, _ rules: Rules) -> [Cover] {
        var covers: [Cover] = []
        for owner in subject.owners where budget.covers(subject.vendor ?? "", owner) {
            let cover = budget.cover(subject, owner, rules.budgetChanges)
            if !covers.contains(where: { $0.account == cover.account }) { covers.append(cover) }
        }
        return covers
    }

    func policyCovers(_ policy: Policy, _ runID: String, _ target: Target) -> [Cover] {
        policyCovers(policy.name, policy.runCaps, runID, target, policy.capsPlace ?? policy.place, policy.place)
    }

    private func policyCovers(
        _ policy: String, _ caps: RunCaps, _ runID: String, _ target: Target, _ place: Place? = nil,
        _ operationPlace: Place? = nil
    ) -> [Cover] {
        let id = "policy:\(policy):\(runID)"
        let account = Account(kind: .policy, id: id, title: "run \(runID)")
        var covers = [Cover(account: account, caps: caps.all, place: place)]
        if let name = target.operation?.name, let own = caps.operations[name] {
            let single = Account(kind: .policy, id: "\(id):\(name)", title: "\(name) of run \(runID)")
            covers.append(Cover(account: single, caps: own, place: operationPlace))
        }
        return covers
    }
}

extension [Cover] {
    /// Adds a cover; of an account that is there already the lower caps hold.
    fileprivate mutating func narrow(_ cover: Cover) {
        guard let known = firstIndex(where: { $0.account == cover.account }) else { return append(cover) }
        self[known].caps = self[known].caps.narrowed(to: cover.caps)
    }
}
