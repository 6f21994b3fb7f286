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

    /// What came of a key so far. After a restart the repetitions are forgotten: then they stay in doubt if they were.
    struct Entry: Sendable {
        var use: IdempotentUse
        /// The requests under the key, in their order.
        var attempts: [RequestID]
        /// One of them has its price: the vendor acts once, so the others cost nothing.
        var settled = false
    }

    struct State {
        fileprivate var entries: [SecretDigest: Entry] = [:]
        /// In the order in which they came; those before `oldest` are forgotten.
        fileprivate var order: [SecretDigest] = []
        fileprivate var oldest = 0
        /// Some that may still count are in the ledger only.
        fileprivate var incomplete = false
    }

    private let state = Guarded(State())
    private let ledger: any Ledger
    private let clock: Clock
    private let kept: Int

    /// `kept`: how many are in memory.
    init(ledger: any Ledger, kept: Int = 200_000, clock: @escaping Clock) {
        (self.ledger, self.kept, self.clock) = (ledger, kept, clock)
    }

    /// Reads the newest ones that still count; once, before anything is served.
    func load() async throws(StoreFailure) {
        let uses = try await ledger.idempotentUses(liveAt: clock(), limit: kept)
        state.withLockedValue { state in
            for use in uses.reversed() { state.remember(use, kept) }
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
            // A repetition that is on its way relies on it.
            if state.entries[use.key]?.attempts == [use.requestID] { state.entries[use.key] = nil }
        }
    }

    /// A request under the key has its price.
    func settled(_ claim: Claim) {
        guard let key = claim.use?.key else { return }
        state.withLockedValue { $0.entries[key]?.settled = true }
    }

    /// The requests under the key so far, and whether one of them has its price; the price counts from now on.
    func resolve(_ use: IdempotentUse) -> (attempts: [RequestID], settled: Bool) {
        state.withLockedValue { state in
            defer { state.entries[use.key]?.settled = true }
            let entry = state.entries[use.key]
            return (entry?.attempts ?? [use.requestID], entry?.settled ?? false)
        }
    }

    /// nil when only the ledger can tell.
    private func take(_ use: IdempotentUse, stored: IdempotentUse?, sure: Bool) throws(Refusal) -> Claim? {
        let now = clock()
        return try state.withLockedValue { state throws(Refusal) in
            let known = state.entries[use.key]?.use ?? stored
            if let known, known.expiresAt > now {
                if state.entries[use.key] == nil { state.remember(known, kept) }
                let claim = try known.judge(use)
                if case .repeats = claim { state.attempt(use) }
                return claim
            }
            guard sure || !state.incomplete || known != nil else { return nil }
            state.remember(use, kept)
            return .first(use)
        }
    }
}

extension IdempotencyKeys.Claim {
    /// The first use of its key; nil when it is not about one.
    var use: IdempotentUse? {
        switch self {
        case .first(let use), .repeats(let use): use
        case .none, .reused: nil
        }
    }
}

extension IdempotencyKeys.State {
    private static let attemptsKept = 16

    fileprivate mutating func remember(_ use: IdempotentUse, _ kept: Int) {
        let entry = IdempotencyKeys.Entry(use: use, attempts: [use.requestID])
        if entries.updateValue(entry, forKey: use.key) == nil { order.append(use.key) }
        guard order.count - oldest > kept else { return }
        entries[order[oldest]] = nil
        oldest += 1
        incomplete = true
        if oldest > kept {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    fileprivate mutating func attempt(_ use: IdempotentUse) {
        guard let count = entries[use.key]?.attempts.count, count < Self.attemptsKept else { return }
        entries[use.key]?.attempts.append(use.requestID)
    }
}

extension IdempotentUse {
    /// What a later use of the same key is.
    fileprivate func judge(_ later: IdempotentUse) throws(Refusal) -> IdempotencyKeys.Claim {
        // The vendor would answer with what it answered to the other.
        guard later.owner == owner else { throw .replayOfAnother }
        return later.request == request ? .repeats(self) : .reused
    }
}
