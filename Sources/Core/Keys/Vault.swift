/// Runs and vault keys: issues, finds, ends and revokes them. Live ones are in memory; the store has them all.
///
/// Revocation holds in memory before it is written, so that it is effective even while the disk is slow.
package final class Vault: Sendable {
    typealias RunVendor = VaultContents.RunVendor

    struct State {
        var runs: [String: Run] = [:]
        /// Run IDs by the digest of their secret.
        var secrets: [SecretDigest: String] = [:]
        /// IDs that the store was asked for, and has not.
        var unregistered: Set<String> = []
        var keys: [SecretDigest: VaultKey] = [:]
        var digests: [String: SecretDigest] = [:]
        var exchanged: [RunVendor: String] = [:]
        var blocked: Set<RunVendor> = []
        var exchanging: [RunVendor: Task<Result<VaultKey, Refusal>, Never>] = [:]
    }

    let state = Guarded(State())
    /// Tokens of keys that may be asked for again stay in memory, as long as `Idempotency-Key` holds.
    let once = Guarded(OnceMemory())
    let store: any VaultStore
    let turns = Turns()
    let inFlight: InFlight
    /// The newest time that was seen.
    let latest = Guarded(Moment(microseconds: .min))
    private let stops: Stops
    package let clock: Clock

    init(store: any VaultStore, inFlight: InFlight, stops: Stops, clock: @escaping Clock) {
        (self.store, self.inFlight, self.stops, self.clock) = (store, inFlight, stops, clock)
    }

    /// Reads what is live from the store; once, before anything is served.
    @discardableResult
    package func load() async throws(StoreFailure) -> VaultContents {
        let contents = try await store.load(now: clock())
        state.withLockedValue { state in
            for run in contents.runs { state.publish(run) }
            for key in contents.keys { state.publish(key) }
            state.blocked = contents.blocked
        }
        stops.load(contents.stops)
        return contents
    }

    /// The key with this digest, from memory or, when it is no longer live, from the store.
    package func key(_ digest: SecretDigest) async throws(Refusal) -> VaultKey? {
        if let key = state.withLockedValue({ $0.keys[digest] }) { return key }
        do { return ended(try await store.key(digest: digest)) } catch { throw .storeUnavailable(error.cause) }
    }

    func isInMemory(_ digest: SecretDigest) -> Bool { state.withLockedValue { $0.keys[digest] != nil } }

    /// Asks the store as for a key that is unknown; whatever it says.
    func lookUpNobody() async { _ = try? await store.key(digest: SecretDigest(of: [UInt8]())) }

    package func key(id: String) async throws(StoreFailure) -> VaultKey? {
        let known = state.withLockedValue { state in state.digests[id].flatMap { state.keys[$0] } }
        if let known { return known }
        return ended(try await store.key(id: id))
    }

    /// A run that is in memory: live, or ended or revoked since the start.
    package func liveRun(_ id: String) -> Run? { state.withLockedValue { $0.runs[id] } }

    /// The run that is named without its secret. What ended or was revoked long ago is in the store only; one that was
    /// never registered still has its policy and its account.
    func named(_ id: String) async throws(Refusal) -> Run {
        let (run, isUnregistered) = state.withLockedValue { ($0.runs[id], $0.unregistered.contains(id)) }
        if let run { return run }
        if isUnregistered { return assumed(id) }
        do {
            if let run = ended(try await store.run(id: id)) { return run }
        } catch { throw .storeUnavailable(error.cause) }
        state.withLockedValue { state in
            if state.unregistered.count >= Self.unregisteredKept { state.unregistered = [] }
            if state.runs[id] == nil { state.unregistered.insert(id) }
        }
        return assumed(id)
    }

    private static let unregisteredKept = 10_000

    /// The run with this secret.
    package func run(secret: SecretDigest) -> Run? {
        state.withLockedValue { state in state.secrets[secret].flatMap { state.runs[$0] } }
    }

    package func run(id: String) async throws(StoreFailure) -> Run? {
        if let run = liveRun(id) { return run }
        return ended(try await store.run(id: id))
    }

    package func keys(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [VaultKey] {
        try await store.keys(filter, after: after, limit: limit)
    }

    package func runs(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [Run] {
        try await store.runs(filter, after: after, limit: limit)
    }

    /// Why a request that was permitted a moment ago may not be sent any more; nil when nothing was revoked or ended.
    func fallen(runID: String?, key: VaultKey? = nil) -> Refusal? {
        let now = clock()
        return state.withLockedValue { state in
            if let run = runID.flatMap({ state.runs[$0] }) {
                if run.revokedAt != nil { return .runRevoked }
                if run.status(at: now) != .active { return .runExpired }
            }
            let revoked = key.flatMap { state.keys[$0.digest]?.revokedAt } != nil
            if revoked { return .vaultKeyRevoked }
            return key.map { $0.expiresAt <= now } == true ? .vaultKeyExpired : nil
        }
    }

    /// Live keys and runs, for status.
    package func counts() -> (keys: Int, runs: Int) {
        let now = clock()
        return state.withLockedValue { state in
            (
                state.keys.values.count { $0.status(at: now) == .active },
                state.runs.values.count { $0.status(at: now) == .active }
            )
        }
    }

    /// Drops from memory what ended more than an hour ago; the store still knows it.
    package func forgetEnded() {
        let limit = clock() + .seconds(-3600)
        state.withLockedValue { state in
            for (digest, key) in state.keys where key.expiresAt < limit {
                state.keys[digest] = nil
                state.digests[key.id] = nil
            }
            state.exchanged = state.exchanged.filter { state.digests[$0.value] != nil }
            for run in state.runs.values where run.deadline < limit && run.revokedAt == nil {
                state.runs[run.id] = nil
                state.secrets[run.digest] = nil
            }
        }
    }
}

extension Vault.State {
    mutating func publish(_ run: Run) {
        if let old = runs[run.id] { secrets[old.digest] = nil }
        unregistered.remove(run.id)
        runs[run.id] = run
        secrets[run.digest] = run.id
    }

    mutating func publish(_ key: VaultKey) {
        keys[key.digest] = key
        digests[key.id] = key.digest
        if let runID = key.runID, key.isExchanged, key.revokedAt == nil {
            exchanged[.init(runID: runID, vendor: key.vendor)] = key.id
        }
    }
}
