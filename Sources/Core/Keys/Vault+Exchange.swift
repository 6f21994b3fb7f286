extension Vault {
    /// The key of a run for a vendor: the one that it has, or a new one under `policy`, the first that fits.
    /// - Throws: `.vaultKeyRevoked` when its key was revoked (a new one would undo that); `.vendorNotGranted`;
    ///   `.storeUnavailable`.
    package func exchange(
        _ run: Run, for vendor: String, _ policy: Policy?, _ tagRules: @autoclosure () -> TagRules = TagRules()
    ) async throws(Refusal) -> VaultKey {
        let pair = RunVendor(runID: run.id, vendor: vendor)
        guard let policy else { throw .vendorNotGranted(vendor: vendor) }
        let now = clock()
        let found = try state.withLockedValue { state throws(Refusal) -> Found in
            if state.blocked.contains(pair) { throw .vaultKeyRevoked }
            return state.usable(pair, policy, now).map(Found.key) ?? .task(begin(run, policy, tagRules(), &state))
        }
        let key: VaultKey
        switch found {
        case .key(let known): return known
        case .task(let task): key = try await task.value.get()
        }
        // A revocation may have come while the key was written.
        if state.withLockedValue({ $0.blocked.contains(pair) }) { throw .vaultKeyRevoked }
        // So may new rules, or the task was begun under old ones.
        return key.fits(policy) ? key : try await exchange(run, for: vendor, policy, tagRules())
    }

    private enum Found {
        case key(VaultKey)
        case task(Task<Result<VaultKey, Refusal>, Never>)
    }

    /// One exchange for all requests that ask at the same time.
    private func begin(
        _ run: Run, _ policy: Policy, _ tagRules: TagRules, _ state: inout State
    ) -> Task<Result<VaultKey, Refusal>, Never> {
        let pair = RunVendor(runID: run.id, vendor: policy.vendor)
        if let running = state.exchanging[pair] { return running }
        let task = Task { await self.exchanged(run, pair, policy, tagRules) }
        state.exchanging[pair] = task
        return task
    }

    private func exchanged(
        _ run: Run, _ pair: RunVendor, _ policy: Policy, _ tagRules: TagRules
    ) async -> Result<VaultKey, Refusal> {
        defer { state.withLockedValue { $0.exchanging[pair] = nil } }
        do throws(TagProblem) {
            let key = policy.key(try order(run, policy, tagRules), self)
            do { try await keep(key) } catch { return .failure(.storeUnavailable(error.cause)) }
            return .success(key)
        } catch {
            return .failure(.malformedRequest("run \(run.id): \(error.message)"))
        }
    }

    /// The key that an exchange would give now; it is kept nowhere, and opens nothing.
    func previewed(_ run: Run, _ policy: Policy, _ rules: Rules) throws(TagProblem) -> VaultKey {
        policy.key(try order(run, policy, rules.tagRules(for: run.id)), self)
    }

    /// What a policy gives to its runs.
    private func order(_ run: Run, _ policy: Policy, _ tagRules: TagRules) throws(TagProblem) -> KeyOrder {
        var order = KeyOrder(
            label: policy.label(run: run.id), vendor: policy.vendor, endpoints: policy.endpoints, caps: Caps(),
            lifetime: policy.lifetime)
        order.runID = run.id
        (order.pinned, order.only) = (policy.pinned, policy.only)
        order.tags = try policy.tags(of: run.id, run.tags, tagRules)
        return order
    }
}

extension Policy {
    /// A key of this policy, with a token that nobody gets.
    fileprivate func key(_ order: KeyOrder, _ vault: Vault) -> VaultKey {
        var (key, _) = vault.make(order, at: vault.clock())
        (key.policy, key.policyFingerprint) = (name, fingerprint)
        return key
    }
}

extension Vault.State {
    /// The exchanged key, unless it has ended or its policy has changed.
    func usable(_ pair: Vault.RunVendor, _ policy: Policy, _ now: Moment) -> VaultKey? {
        guard let id = exchanged[pair], let digest = digests[id], let key = keys[digest] else { return nil }
        return key.fits(policy) && key.status(at: now) == .active ? key : nil
    }
}

extension VaultKey {
    /// Whether it was exchanged under this policy as it is now.
    fileprivate func fits(_ policy: Policy) -> Bool {
        self.policy == policy.name && policyFingerprint == policy.fingerprint
    }
}

extension Policy {
    /// The tags of a run under this policy: its own, the policy's, and those that the label gives.
    package func tags(of runID: String, _ given: Tags, _ rules: TagRules) throws(TagProblem) -> Tags {
        try rules.tags(tags.merging(given) { _, own in own }, label: label(run: runID), also: requiredTags)
    }

    package func label(run: String) -> String {
        var text = ""
        var rest = label[...]
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            rest = rest[open...]
            if rest.hasPrefix("{run}") {
                text += run
                rest = rest.dropFirst(5)
            } else if rest.hasPrefix("{policy}") {
                text += name
                rest = rest.dropFirst(8)
            } else {
                text += "{"
                rest = rest.dropFirst()
            }
        }
        return text + rest
    }
}
