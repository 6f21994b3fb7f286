@testable import Core

/// Books, keys and runs in memory, with a switch that breaks them and a door that holds up writes.
final class MemoryStore: Ledger, VaultStore, AuditStore {
    struct State {
        var balances = Balances(period: SpendingPeriod(day: 1, month: 1))
        var keys: [String: VaultKey] = [:]
        var runs: [String: Run] = [:]
        var blocked: Set<VaultContents.RunVendor> = []
        var stops: [Stop] = []
        var budgetChanges: [BudgetChange] = []
        var decisions: [DecisionRecord] = []
        var closings: [Closing] = []
        var outcomes: [OutcomeRecord] = []
        var uses: [SecretDigest: IdempotentUse] = [:]
        var repetitions: [RequestID: [RequestID]] = [:]
        var inDoubt: Set<RequestID> = []
        var verdicts: [(String, Verdict)] = []
        var puts = 0
        var clock: Moment?
        var objects: [String: ObjectRecord] = [:]
        var failure: String?
    }

    let state = Guarded(State())
    /// Called before each write of a key or run.
    let beforePut = Guarded<(@Sendable () async -> Void)?>(nil)

    private func write(_ change: (inout State) -> Void) throws(StoreFailure) {
        let failure = state.withLockedValue { state in
            if state.failure == nil { change(&state) }
            return state.failure
        }
        if let failure { throw StoreFailure(failure) }
    }

    func breaks(_ cause: String?) { state.withLockedValue { $0.failure = cause } }

    // MARK: Books

    func hold(_ entry: HoldEntry) async throws(Refusal) -> Hold {
        let result: Result<Hold, Refusal> = state.withLockedValue { state in
            if let failure = state.failure { return .failure(.storeUnavailable(failure)) }
            if let reached = state.balances.hold(entry.estimate, entry.covers, whole: entry.whole) {
                return .failure(.capExhausted(reached))
            }
            state.decisions.append(entry.decision)
            switch entry.use {
            case .first(let use): state.uses[use.key] = use
            case .repeats(let first): state.repetitions[first.requestID, default: []].append(entry.requestID)
            case nil: break
            }
            let room = state.balances.room(entry.covers)
            return .success(
                Hold(
                    requestID: entry.requestID, estimate: entry.estimate, covers: entry.covers,
                    period: state.balances.period, room: room, object: entry.object))
        }
        return try result.get()
    }

    func close(_ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord, _ seen: ObjectSeen?) -> Money? {
        state.withLockedValue { state in
            if let seen { state.objects[seen.key, default: ObjectRecord()].apply(seen, to: hold.covers.map(\.account)) }
            state.balances.close(hold, closing)
            state.closings.append(closing)
            if case .inDoubt = closing { state.inDoubt.insert(hold.requestID) }
            state.outcomes.append(outcome)
            return state.balances.room(hold.covers)
        }
    }

    func object(_ key: String) async throws(StoreFailure) -> ObjectRecord? {
        try write { _ in }
        return state.withLockedValue { $0.objects[key] }
    }

    func record(_ refusal: DecisionRecord) { state.withLockedValue { $0.decisions.append(refusal) } }

    func note(_ note: AuditNote) {}

    func decide(_ requestID: String, _ verdict: Verdict) async throws(StoreFailure) -> OpenHold? {
        state.withLockedValue { $0.verdicts.append((requestID, verdict)) }
        return nil
    }

    func idempotentUses(liveAt now: Moment, limit: Int) async throws(StoreFailure) -> [IdempotentUse] {
        state.withLockedValue { state in
            Array(
                state.uses.values.filter { $0.ownedUntil > now }.sorted { $0.ownedUntil > $1.ownedUntil }.prefix(limit))
        }
    }

    func repetitions(of first: RequestID) async throws(StoreFailure) -> [RequestID] {
        state.withLockedValue { $0.repetitions[first] ?? [] }
    }

    func holdsInDoubt(under first: RequestID) async throws(StoreFailure) -> [RequestID] {
        state.withLockedValue { state in
            ([first] + (state.repetitions[first] ?? [])).filter { state.inDoubt.contains($0) }
        }
    }

    func idempotentUse(_ key: SecretDigest) async throws(StoreFailure) -> IdempotentUse? {
        try write { _ in }
        return state.withLockedValue { $0.uses[key] }
    }

    func balances(_ accounts: [Account]) -> [Balance] {
        state.withLockedValue { state in accounts.map { state.balances.balance($0) } }
    }

    func balances(prefix: String, after: String?, limit: Int) async throws(StoreFailure) -> [Balance] { [] }

    func holds(inDoubtOnly: Bool) async throws(StoreFailure) -> [OpenHold] { [] }

    func flush() async {}

    func records(_ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int) async throws(StoreFailure)
        -> [AuditRecord]
    {
        state.withLockedValue { state in
            state.decisions.filter { $0.requestID.text == filter.requestID }.map { decision in
                let outcome = state.outcomes.last { $0.requestID == decision.requestID }
                return AuditRecord(sequence: 0, decision: decision, outcome: outcome)
            }
        }
    }

    func verify() async throws(StoreFailure) -> ChainVerdict { .intact(rows: 0) }

    // MARK: Vault

    func load(now: Moment) async throws(StoreFailure) -> VaultContents {
        state.withLockedValue { state in
            var contents = VaultContents()
            contents.runs = state.runs.values.filter { $0.endedAt == nil }
            contents.keys = state.keys.values.filter { $0.expiresAt > now }
            contents.blocked = state.blocked
            contents.stops = state.stops
            contents.budgetChanges = state.budgetChanges
            return contents
        }
    }

    func put(_ run: Run) async throws(StoreFailure) {
        if let wait = beforePut.withLockedValue({ $0 }) { await wait() }
        try write { $0.runs[run.id] = run }
    }

    func put(_ key: VaultKey) async throws(StoreFailure) {
        if let wait = beforePut.withLockedValue({ $0 }) { await wait() }
        try write { state in
            state.keys[key.id] = key
            state.puts += 1
        }
    }

    func key(digest: SecretDigest) async throws(StoreFailure) -> VaultKey? {
        try write { _ in }
        return state.withLockedValue { $0.keys.values.first { $0.digest == digest } }
    }

    func key(id: String) async throws(StoreFailure) -> VaultKey? { state.withLockedValue { $0.keys[id] } }

    func run(id: String) async throws(StoreFailure) -> Run? { state.withLockedValue { $0.runs[id] } }

    func keys(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [VaultKey] { [] }

    func runs(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [Run] { [] }

    func block(runID: String, vendor: String, _ blocked: Bool) async throws(StoreFailure) {
        try write { state in
            let pair = VaultContents.RunVendor(runID: runID, vendor: vendor)
            if blocked { state.blocked.insert(pair) } else { state.blocked.remove(pair) }
        }
    }

    func put(_ change: BudgetChange) async throws(StoreFailure) {
        try write { state in
            state.budgetChanges.removeAll { $0.id == change.id }
            state.budgetChanges.append(change)
        }
    }

    func remove(budgetChange id: String) async throws(StoreFailure) {
        try write { $0.budgetChanges.removeAll { $0.id == id } }
    }

    func moveEnds(by step: Span, now: Moment) async throws(StoreFailure) {
        try write { state in
            for id in state.keys.keys where step < .seconds(0) {
                if let end = state.keys[id]?.expiresAt, end > now { state.keys[id]?.expiresAt = end + step }
            }
            for id in state.runs.keys where step < .seconds(0) {
                if let end = state.runs[id]?.deadline, end > now { state.runs[id]?.deadline = end + step }
            }
            for index in state.stops.indices { state.stops[index].until = state.stops[index].until.map { $0 + step } }
        }
    }

    func lastClock() async throws(StoreFailure) -> Moment? { state.withLockedValue { $0.clock } }

    func tell(clock now: Moment) async throws(StoreFailure) { try write { $0.clock = now } }

    func put(_ stop: Stop) async throws(StoreFailure) { try write { $0.stops.append(stop) } }

    func remove(stopID: String) async throws(StoreFailure) { try write { $0.stops.removeAll { $0.id == stopID } } }
}
