import Core
import NIOConcurrencyHelpers

/// Keys, runs, books and records in memory, for the API's own tests.
final class FakeStore: VaultStore, Ledger, AuditStore {
    struct State {
        var keys: [VaultKey] = []
        var runs: [Run] = []
        var blocked: Set<VaultContents.RunVendor> = []
        var balances: [Account: Balance] = [:]
        var holds: [OpenHold] = []
        var records: [AuditRecord] = []
        var verdict = ChainVerdict.intact(rows: 0)
        var failure: StoreFailure?
    }

    let state = NIOLockedValueBox(State())

    private func reading<T>(_ body: (inout State) -> T) throws(StoreFailure) -> T {
        let result: Result<T, StoreFailure> = state.withLockedValue { state in
            state.failure.map { .failure($0) } ?? .success(body(&state))
        }
        return try result.get()
    }

    func change(_ body: (inout State) -> Void) { state.withLockedValue(body) }

    func load(now: Moment) async throws(StoreFailure) -> VaultContents { VaultContents() }

    func put(_ run: Run) async throws(StoreFailure) {
        try reading { state in
            state.runs.removeAll { $0.id == run.id }
            state.runs.insert(run, at: 0)
        }
    }

    func put(_ key: VaultKey) async throws(StoreFailure) {
        try reading { state in
            if let index = state.keys.firstIndex(where: { $0.id == key.id }) {
                state.keys[index] = key
            } else {
                state.keys.insert(key, at: 0)
            }
        }
    }

    func key(digest: SecretDigest) async throws(StoreFailure) -> VaultKey? {
        try reading { state in state.keys.first { $0.digest == digest } }
    }

    func key(id: String) async throws(StoreFailure) -> VaultKey? {
        try reading { state in state.keys.first { $0.id == id } }
    }

    func run(id: String) async throws(StoreFailure) -> Run? {
        try reading { state in state.runs.first { $0.id == id } }
    }

    func keys(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [VaultKey] {
        let all = try reading { $0.keys }
        let rest = after.flatMap { id in all.firstIndex { $0.id == id } }.map { all[($0 + 1)...] } ?? all[...]
        let fitting = rest.filter { key in
            (filter.label?.matches(key.label) ?? true) && (filter.vendor ?? key.vendor) == key.vendor
                && (filter.runID?.matches(key.runID ?? "") ?? true)
                && (filter.status ?? key.status(at: filter.now).rawValue) == key.status(at: filter.now).rawValue
        }
        return Array(fitting.prefix(limit))
    }

    func runs(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [Run] {
        let all = try reading { $0.runs }
        let rest = after.flatMap { id in all.firstIndex { $0.id == id } }.map { all[($0 + 1)...] } ?? all[...]
        let fitting = rest.filter { run in
            (filter.runID?.matches(run.id) ?? true)
                && (filter.status ?? run.status(at: filter.now).rawValue) == run.status(at: filter.now).rawValue
        }
        return Array(fitting.prefix(limit))
    }

    func block(runID: String, vendor: String, _ blocked: Bool) async throws(StoreFailure) {
        try reading { state in
            let pair = VaultContents.RunVendor(runID: runID, vendor: vendor)
            if blocked { state.blocked.insert(pair) } else { state.blocked.remove(pair) }
        }
    }

    func hold(_ entry: HoldEntry) async throws(Refusal) -> Hold {
        Hold(
            requestID: entry.requestID, estimate: entry.estimate, covers: entry.covers,
            period: SpendingPeriod(day: 0, month: 0), room: nil)
    }

    func close(_ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord) -> Money? { nil }

    func record(_ refusal: DecisionRecord) {}

    func balances(_ accounts: [Account]) -> [Balance] {
        state.withLockedValue { state in accounts.map { state.balances[$0] ?? Balance(account: $0) } }
    }

    func holds(inDoubtOnly: Bool) async throws(StoreFailure) -> [OpenHold] {
        try reading { state in state.holds.filter { $0.inDoubt || !inDoubtOnly } }
    }

    func flush() async {}

    func records(
        _ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int
    ) async throws(StoreFailure) -> [AuditRecord] {
        let fitting = try reading { state in
            state.records.filter { record in
                let decision = record.decision
                return (after ?? -1) < record.sequence
                    && (filter.label?.matches(decision.label ?? "") ?? true)
                    && (filter.runID?.matches(decision.runID ?? "") ?? true)
                    && (filter.requestID ?? decision.requestID.text) == decision.requestID.text
                    && (filter.since ?? decision.at) <= decision.at
            }
        }
        return newest ? fitting.suffix(limit) : Array(fitting.prefix(limit))
    }

    func verify() async throws(StoreFailure) -> ChainVerdict { try reading { $0.verdict } }
}
