/// Finds out who is calling, on every request: nothing is remembered from the last one but the CONNECT's credential.
struct Authenticator {
    let vault: Vault
    let rules: Rules

    /// - Throws: `.credentialMissing`, `.proxyAuthenticationRequired`, `.vaultKey…`, `.runRevoked`, `.runExpired`,
    ///   `.vendorNotGranted`, `.malformedRequest` for credentials that contradict each other.
    func identify(_ arrival: Arrival, _ target: Target) async throws(Refusal) -> Caller {
        let shown = try await shown(arrival, target)
        var (run, program) = try await proxyCaller(shown, target.onVirtualHost ? nil : arrival.owner)
        var key: VaultKey?
        switch shown.vendorCredential {
        case .none: break
        case .key(let digest): key = try await liveKey(digest, target)
        case .runSecret(let digest):
            let own = try runWithSecret(digest)
            guard run == nil || run?.id == own.id else { throw .vaultKeyInvalid }
            run = own
        }
        run = try await named(shown.runID, run, program, key, target)
        try checkTogether(key, run, program)
        if let owner = key?.runID, run == nil { run = try checked(await vault.named(owner)) }
        return try enough(Caller(run: run, key: key, program: program?.name), target)
    }

    /// The run or trusted program behind a proxy credential.
    private func proxyCaller(_ shown: Shown, _ owner: String?) async throws(Refusal) -> (Run?, TrustedProgram?) {
        if let owner { return (try checked(await vault.owner(owner, shown.proxy, rules)), nil) }
        guard let credential = shown.proxy else { return (nil, nil) }
        if let run = vault.liveRun(credential.user), run.digest == credential.digest {
            return (try checked(run), nil)
        }
        guard let program = rules.program(credential) else { throw .proxyAuthenticationRequired }
        return (nil, program)
    }

    /// What is no key costs as much as one that nobody knows: the time must not tell which it was.
    private func shown(_ arrival: Arrival, _ target: Target) async throws(Refusal) -> Shown {
        do throws(Refusal) { return try Shown(arrival, target) } catch {
            if error == .vaultKeyInvalid { await vault.lookUpNobody() }
            throw error
        }
    }

    private func liveKey(_ digest: SecretDigest, _ target: Target) async throws(Refusal) -> VaultKey {
        guard let key = try await vault.key(digest) else { throw .vaultKeyInvalid }
        guard let refusal = refusal(key, target) else { return key }
        // Who is not known to us was looked for in the store.
        if vault.isInMemory(digest) { await vault.lookUpNobody() }
        throw refusal
    }

    /// Why a key is of no use here.
    private func refusal(_ key: VaultKey, _ target: Target) -> Refusal? {
        switch key.status(at: vault.clock()) {
        case .revoked: .vaultKeyRevoked
        case .expired: .vaultKeyExpired
        case .active:
            key.vendor == target.vendor.name || target.isSelf ? nil : .vendorNotGranted(vendor: target.vendor.name)
        }
    }

    private func runWithSecret(_ digest: SecretDigest) throws(Refusal) -> Run {
        guard let run = vault.run(secret: digest) else { throw .vaultKeyInvalid }
        return try checked(run)
    }

    /// The run that `X-Agent-Run-Id` names. Only a trusted program may choose; for all others it must agree.
    private func named(
        _ name: String?, _ run: Run?, _ program: TrustedProgram?, _ key: VaultKey?, _ target: Target
    ) async throws(Refusal) -> Run? {
        guard let name else { return run }
        if let program {
            guard run == nil || run?.id == name else { throw .malformedRequest("X-Agent-Run-Id names another run") }
            guard program.runs.matches(name) else { throw .malformedRequest("a run that this program may not name") }
            try checkCeiling(program, name, target)
            return try checked(await vault.named(name))
        }
        if let own = run?.id ?? key?.runID, own != name {
            throw .malformedRequest("X-Agent-Run-Id names another run")
        }
        return run
    }

    /// The run gets what its policy gives, so that must be within the program's ceiling.
    private func checkCeiling(_ program: TrustedProgram, _ runID: String, _ target: Target) throws(Refusal) {
        do throws(Excess) {
            try program.ceiling.check(vendor: target.vendor.name)
            if let policy = rules.policy(for: runID, target.vendor.name) {
                try program.ceiling.check(policy, run: runID)
                try checkTags(program, runID, policy)
            }
        } catch {
            throw .ceilingExceeded(error)
        }
    }

    /// Its own tags and those that its label gives; where they contradict each other the exchange says so.
    private func checkTags(_ program: TrustedProgram, _ runID: String, _ policy: Policy) throws(Excess) {
        guard !program.ceiling.requiredTags.isEmpty else { return }
        let own = vault.liveRun(runID)?.tags ?? [:]
        let tags: Tags
        do throws(TagProblem) { tags = try policy.tags(of: runID, own, rules.tagRules(for: runID)) } catch { return }
        try program.ceiling.check(tags)
    }

    /// A key beside a proxy credential must belong to that run, to no run, or to one that the program may name.
    private func checkTogether(_ key: VaultKey?, _ run: Run?, _ program: TrustedProgram?) throws(Refusal) {
        guard let owner = key?.runID else { return }
        if let run, run.id != owner { throw .vaultKeyInvalid }
        if let program, !program.runs.matches(owner) { throw .vaultKeyInvalid }
    }

    private func checked(_ run: Run) throws(Refusal) -> Run { try vault.checked(run) }

    private func enough(_ caller: Caller, _ target: Target) throws(Refusal) -> Caller {
        if caller.run != nil || caller.key != nil { return caller }
        if caller.program == nil, target.way == .absolute { throw .proxyAuthenticationRequired }
        throw .credentialMissing
    }
}

extension Rules {
    /// The trusted program with this name and secret.
    package func program(_ credential: ProxyCredential) -> TrustedProgram? {
        trusted.first { $0.name == credential.user && $0.digest == credential.digest }
    }
}

extension Vault {
    func checked(_ run: Run) throws(Refusal) -> Run {
        switch run.status(at: clock()) {
        case .active: return run
        case .revoked: throw .runRevoked
        case .expired, .ended: throw .runExpired
        }
    }

    /// The run of a listener of its own. A credential is not needed there, and another one is refused.
    func owner(_ runID: String, _ credential: ProxyCredential?, _ rules: Rules) async throws(Refusal) -> Run {
        guard rules.ownRuns.contains(runID) else { throw .proxyAuthenticationRequired }
        if let credential, credential.user != runID || credential.digest != liveRun(runID)?.digest {
            throw .proxyAuthenticationRequired
        }
        return try await named(runID)
    }

    /// A run that a trusted program names without registering it.
    func assumed(_ runID: String) -> Run {
        let now = clock()
        return Run(id: runID, digest: SecretDigest(of: [UInt8]()), createdAt: now, deadline: now + .seconds(86_400))
    }
}
