/// A scoped, short-lived key: what an agent holds instead of a credential.
package struct VaultKey: Sendable, Equatable {
    package var id: String
    /// Of the token; the token itself is shown once and kept nowhere.
    package var digest: SecretDigest
    package var label: String
    package var vendor: String
    package var endpoints: [EndpointPattern]
    package var caps: Caps
    package var createdAt: Moment
    package var expiresAt: Moment
    package var revokedAt: Moment?
    /// The run that it belongs to; nil: any caller may present it.
    package var runID: String?
    /// The policy that it was exchanged or ordered under; nil for keys that were ordered freely.
    package var policy: String?
    /// The policy as it was, so that a reload which changes it ends the key; only for keys that were exchanged.
    package var policyFingerprint: String?
    /// What the policy capped for each run when the key was ordered under it; a reload does not change that.
    package var policyCaps: RunCaps?
    /// Values that the policy allows in fields which select accounts, modes and versions.
    package var pinned: [String: [String]] = [:]
    package var tags = Tags()
    /// What fields of its requests must be.
    package var only: [FieldRule] = []
    /// Who ordered it, as records have it; nil for keys that were exchanged.
    package var issuer: String?

    package init(
        id: String, digest: SecretDigest, label: String, vendor: String, endpoints: [EndpointPattern], caps: Caps,
        createdAt: Moment, expiresAt: Moment, runID: String? = nil, policy: String? = nil,
        policyFingerprint: String? = nil
    ) {
        (self.id, self.digest, self.label, self.vendor) = (id, digest, label, vendor)
        (self.endpoints, self.caps, self.createdAt, self.expiresAt) = (endpoints, caps, createdAt, expiresAt)
        (self.runID, self.policy, self.policyFingerprint) = (runID, policy, policyFingerprint)
    }

    package enum Status: String, Sendable { case active, expired, revoked }

    package func status(at now: Moment) -> Status {
        if revokedAt != nil { return .revoked }
        return now < expiresAt ? .active : .expired
    }

    /// Whether a run got it from its policy; the others were made by `POST /v1/keys`.
    package var isExchanged: Bool { policyFingerprint != nil }

    /// What stops and budgets know it by.
    package var owner: Subject.Owner { Subject.Owner(label: label, tags: tags, policy: policy) }

    package static let tokenPrefix = "vault_key_"
}

/// An agent's unit of work.
package struct Run: Sendable, Equatable {
    package var id: String
    package var digest: SecretDigest
    package var createdAt: Moment
    /// After it the run is expired; renewing moves it.
    package var deadline: Moment
    /// Ended: the same ID may come back, on the same accounts.
    package var endedAt: Moment?
    /// Revoked: never again without an operator.
    package var revokedAt: Moment?
    /// The lease's length when a wrapper keeps the run alive.
    package var lease: Span?
    package var tags = Tags()

    package init(id: String, digest: SecretDigest, createdAt: Moment, deadline: Moment, lease: Span? = nil) {
        (self.id, self.digest, self.createdAt, self.deadline, self.lease) = (id, digest, createdAt, deadline, lease)
    }

    package enum Status: String, Sendable { case active, expired, ended, revoked }

    package func status(at now: Moment) -> Status {
        if revokedAt != nil { return .revoked }
        if endedAt != nil { return .ended }
        return now < deadline ? .active : .expired
    }

    package static let secretPrefix = "run_secret_"
}

/// The port to where runs and keys are kept.
package protocol VaultStore: Sendable {
    /// Runs that are not ended, keys that are neither expired before `now` nor ended, and every revoked (run, vendor).
    func load(now: Moment) async throws(StoreFailure) -> VaultContents
    /// Inserts or replaces; durable when it returns.
    func put(_ run: Run) async throws(StoreFailure)
    func put(_ key: VaultKey) async throws(StoreFailure)
    func key(digest: SecretDigest) async throws(StoreFailure) -> VaultKey?
    func key(id: String) async throws(StoreFailure) -> VaultKey?
    func run(id: String) async throws(StoreFailure) -> Run?
    /// Newest first; `after` is the last ID of the page before.
    func keys(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [VaultKey]
    func runs(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [Run]
    /// Marks (run, vendor) as blocked by the revocation of its exchanged key, or reopens it.
    func block(runID: String, vendor: String, _ blocked: Bool) async throws(StoreFailure)
    func put(_ stop: Stop) async throws(StoreFailure)
    /// Harmless for an unknown ID.
    func remove(stopID: String) async throws(StoreFailure)
    /// Inserts or replaces, by the account's ID.
    func put(_ change: BudgetChange) async throws(StoreFailure)
    /// Harmless for an unknown ID.
    func remove(budgetChange id: String) async throws(StoreFailure)
    /// Moves the ends of stops and budget changes; when `step` is back, those of keys and runs too that are after `now`.
    func moveEnds(by step: Span, now: Moment) async throws(StoreFailure)
    /// The time that was told last; nil when none was.
    func lastClock() async throws(StoreFailure) -> Moment?
    func tell(clock now: Moment) async throws(StoreFailure)
}

/// What is loaded at start.
package struct VaultContents: Sendable {
    package struct RunVendor: Sendable, Hashable {
        package var runID: String
        package var vendor: String

        package init(runID: String, vendor: String) { (self.runID, self.vendor) = (runID, vendor) }
    }

    package var runs: [Run] = []
    package var keys: [VaultKey] = []
    package var blocked: Set<RunVendor> = []
    /// In the order in which they were made.
    package var stops: [Stop] = []
    /// Those that are not over.
    package var budgetChanges: [BudgetChange] = []

    package init() {}
}

/// Which keys or runs to list.
package struct VaultFilter: Sendable {
    /// A glob (`*` any characters), anchored, case-sensitive.
    package var label: Glob?
    package var vendor: String?
    package var runID: Glob?
    package var status: String?
    package var tags: [String: Glob] = [:]
    /// Who asks; nil sees everything.
    package var viewer: Viewer?
    package var now: Moment

    package init(label: Glob? = nil, vendor: String? = nil, runID: Glob? = nil, status: String? = nil, now: Moment) {
        (self.label, self.vendor, self.runID, self.status, self.now) = (label, vendor, runID, status, now)
    }

    package func matches(_ key: VaultKey) -> Bool {
        label?.matches(key.label) ?? true && vendor.map { $0 == key.vendor } ?? true
            && runID.map { glob in key.runID.map(glob.matches) ?? false } ?? true
            && status.map { $0 == key.status(at: now).rawValue } ?? true && tags.fit(key.tags)
            && viewer?.sees(key) ?? true
    }

    package func matches(_ run: Run) -> Bool {
        runID?.matches(run.id) ?? true && status.map { $0 == run.status(at: now).rawValue } ?? true
            && tags.fit(run.tags) && viewer?.sees(run) ?? true
    }
}
