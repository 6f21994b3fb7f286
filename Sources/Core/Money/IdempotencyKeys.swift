/// Which idempotency keys were used, by whom and for what, so that a repetition is one spend, and nobody gets somebody
/// else's answer. The newest are in memory; the ledger has them all.
package final class IdempotencyKeys: Sendable {
    /// What a use turned out to be.
    enum Claim: Sendable, Equatable {
        /// No vendor that knows such keys, or no key.
        case none
        case first(IdempotentUse)
        /// The same was asked before, under the same key and by the same owner.
        case repeats(IdempotentUse)
        /// The owner used the key for something else; the vendor will say what it thinks of it.
        case reused
    }

    /// What came of a key so far.
    struct Entry: Sendable {
        var use: IdempotentUse
        /// One of the requests under it has its price: the vendor acts once, so the others cost nothing. nil when only
        /// the records can tell.
        var settled: Bool?
        /// A request relies on it that is on its way.
        var repeated = false
        /// The use that it took the place of, whose time as a spend was over.
        var before: IdempotentUse?
    }

    struct State {
        fileprivate var entries: [SecretDigest: Entry] = [:]
        /// In the order in which they came; those before `oldest` are forgotten.
        fileprivate var order: [SecretDigest] = []
        fileprivate var oldest = 0
        /// Some that still count may be in the ledger only.
        fileprivate var incomplete = false
    }

    private let state = Guarded(State())
    private let ledger: any Ledger
    private let audit: any AuditStore
    private let clock: Clock
    private let kept: Int

    /// `kept`: how many are in memory.
    init(ledger: any Ledger, audit: any AuditStore, kept: Int = 200_000, clock: @escaping Clock) {
        (self.ledger, self.audit, self.kept, self.clock) = (ledger, audit, kept, clock)
    }

    /// Reads the newest ones that still count; once, before anything is served.
    func load() async throws(StoreFailure) {
        let uses = try await ledger.idempotentUses(liveAt: clock(), limit: kept)
        state.withLockedValue { state in
            for use in uses.reversed() { state.remember(IdempotencyKeys.Entry(use: use), kept) }
            state.incomplete = uses.count >= kept
        }
    }

    /// Takes a key for a request, before anything is sent. Two at once are told apart: one of them is the first.
    /// - Throws: `.replayOfAnother`, `.storeUnavailable`.
    func claim(_ use: IdempotentUse?) async throws(Refusal) -> Claim {
        guard let use else { return .none }
        if let claim = try take(use, stored: nil, sure: false) { return claim }
        let stored: IdempotentUse?
        do { stored = try await ledger.idempotentUse(use.key) } catch { throw .storeUnavailable(error.cause) }
        return try take(use, stored: stored, sure: true) ?? .first(use)
    }

    /// Gives a key back whose first request was refused after all.
    func drop(_ claim: Claim) {
        guard case .first(let use) = claim else { return }
        state.withLockedValue { state in
            guard let entry = state.entries[use.key], entry.use == use, !entry.repeated else { return }
            state.entries[use.key] = entry.before.map { Entry(use: $0) }
        }
    }

    /// A request under the key has its price.
    func settled(_ claim: Claim) {
        guard let key = claim.use?.key else { return }
        state.withLockedValue { $0.entries[key]?.settled = true }
    }

    /// The requests under the key that are in doubt.
    func inDoubt(_ use: IdempotentUse) async throws(StoreFailure) -> [RequestID] {
        try await ledger.holdsInDoubt(under: use.requestID)
    }

    /// Whether one of the requests under the key has its price. That one of them was answered is not enough: it may be on
    /// its way still, and end in doubt.
    func isSettled(_ use: IdempotentUse) async throws(StoreFailure) -> Bool {
        if let known = state.withLockedValue({ $0.entries[use.key]?.settled }) { return known }
        return try await isOnRecord(use)
    }

    /// Whether every request under the key but this one was released: an operator said that the vendor had not acted.
    func isReleased(_ use: IdempotentUse, but own: RequestID) async throws(StoreFailure) -> Bool {
        try await results(use).allSatisfy { $0.id == own || $0.result == "released" }
    }

    /// Whether one of the requests under the key was settled, as the records say: memory began after it.
    private func isOnRecord(_ use: IdempotentUse) async throws(StoreFailure) -> Bool {
        try await results(use).contains { $0.result == "settled" }
    }

    /// What came of each request under the key; nil for those that are open.
    private func results(_ use: IdempotentUse) async throws(StoreFailure) -> [(id: RequestID, result: String?)] {
        var results: [(id: RequestID, result: String?)] = []
        for id in [use.requestID] + (try await ledger.repetitions(of: use.requestID)) {
            var filter = AuditFilter()
            filter.requestID = id.text
            let records = try await audit.records(filter, after: nil, newest: true, limit: 1)
            results.append((id, records.first?.outcome?.result))
        }
        return results
    }

    /// nil when only the ledger can tell.
    private func take(_ use: IdempotentUse, stored: IdempotentUse?, sure: Bool) throws(Refusal) -> Claim? {
        let now = clock()
        return try state.withLockedValue { state throws(Refusal) in
            let known = state.entries[use.key]?.use ?? stored
            if let known, known.ownedUntil > now {
                if state.entries[use.key] == nil { state.remember(Entry(use: known), kept) }
                let claim = try known.judge(use, at: now)
                if case .repeats = claim { state.entries[use.key]?.repeated = true }
                if case .first = claim { state.remember(Entry(use: use, settled: false, before: known), kept) }
                return claim
            }
            guard sure || !state.incomplete || known != nil else { return nil }
            state.remember(Entry(use: use, settled: false), kept)
            return .first(use)
        }
    }
}

extension IdempotencyKeys.Claim {
    /// What the books keep of it.
    var entry: HoldEntry.Use? {
        switch self {
        case .first(let use): .first(use)
        case .repeats(let use): .repeats(use)
        case .none, .reused: nil
        }
    }

    /// The first use of its key; nil when it is not about one.
    var use: IdempotentUse? {
        switch self {
        case .first(let use), .repeats(let use): use
        case .none, .reused: nil
        }
    }
}

extension IdempotencyKeys.State {
    fileprivate mutating func remember(_ entry: IdempotencyKeys.Entry, _ kept: Int) {
        let key = entry.use.key
        if entries.updateValue(entry, forKey: key) == nil { order.append(key) }
        guard order.count - oldest > kept else { return }
        entries[order[oldest]] = nil
        oldest += 1
        incomplete = true
        if oldest > kept {
            order.removeFirst(oldest)
            oldest = 0
        }
    }
}

extension IdempotentUse {
    /// What a later use of the same key is.
    fileprivate func judge(_ later: IdempotentUse, at now: Moment) throws(Refusal) -> IdempotencyKeys.Claim {
        // The vendor would answer with what it answered to the other.
        guard later.owner == owner else { throw .replayOfAnother }
        // It may have forgotten it, and act anew.
        guard expiresAt > now else { return .first(later) }
        return later.request == request ? .repeats(self) : .reused
    }
}
