import Core
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `Records that are kept for ten days only` {
    private let folder: Folder
    private let clock = SetClock()
    private let store: SQLiteStore

    private static let tenDays = Retention(audit: .days(10))

    /// Forty requests, one each day, of which every fourth was refused and one is in doubt since day 25.
    init() async throws {
        folder = try Folder()
        let clock = clock
        store = try SQLiteStore.open(path: folder.database, clock: { clock.now })
        for day in 0..<40 {
            let refused = day % 4 == 0
            let decision = DecisionRecord.example(
                "req_\(day)", at: clock.now, run: "r\(day % 3)", code: refused ? "host_not_allowed" : "allowed")
            if refused {
                store.record(decision)
            } else {
                let hold = try await store.hold(.example(.dollars(2), [.everything, .run("r", Caps())], decision))
                var outcome = OutcomeRecord.example(hold, cost: .dollars(1))
                outcome.at = clock.now
                store.close(hold, day == 25 ? .inDoubt(evidence: "timeout") : .settled(.dollars(1)), outcome)
            }
            await store.flush()
            clock.now = clock.now + .days(1)
        }
    }

    private func ids(_ filter: AuditFilter = AuditFilter()) async throws -> [String] {
        try await store.records(filter, after: nil, newest: false, limit: 1000).filter { !$0.isNote }
            .map(\.decision.requestID.text)
    }

    @Test func `go from the oldest on, up to the oldest that is in doubt, and the rest is intact`() async throws {
        try await store.prune(Self.tenDays)
        #expect(try await ids() == (25..<40).map { "req_\($0)" })
        guard case .intact(let rows, let pruned?) = try await store.verify() else {
            Issue.record("\(try await store.verify())")
            return
        }
        // 25 days, of which 7 had one row; then 15 days, of which 3 had one, and the note of the pruning.
        #expect(pruned == PrunedRows(rows: 43, until: .start + .days(24)))
        #expect(rows == 28)
        _ = try await store.decide("req_25", Verdict(cost: .none, evidence: "ops: seen"))
        try await store.prune(Self.tenDays)
        #expect(try await ids() == (30..<40).map { "req_\($0)" })
        await store.close()
        #expect(try await StoredRecords(path: folder.database).verify() == (try await again { try await $0.verify() }))
    }

    @Test func `take along the vendors' objects of which nothing was heard since`() async throws {
        for id in ["a", "b"] {
            let decision = DecisionRecord.example("req_\(id)", at: clock.now)
            let hold = try await store.hold(.example(.zero, [.everything], decision))
            store.close(hold, .settled(.zero), .example(hold), ObjectSeen(key: id, total: .dollars(1), amount: nil))
        }
        clock.now = clock.now + .days(8)
        try await store.prune(Self.tenDays)
        for id in ["a", "b"] { #expect(try await store.object(id) != nil) }
        clock.now = clock.now + .days(3)
        try await store.prune(Self.tenDays)
        for id in ["a", "b"] { #expect(try await store.object(id) == nil) }
    }

    /// What is asked of the store after a restart; nothing is appended by opening it.
    private func again<T: Sendable>(_ ask: (SQLiteStore) async throws -> T) async throws -> T {
        let clock = clock
        let store = try SQLiteStore.open(path: folder.database, clock: { clock.now })
        let answer = try await ask(store)
        await store.close()
        return answer
    }

    @Test func `change nothing of what was spent`() async throws {
        let accounts = [Account.everything, .run("r")]
        let before = (store.balances(accounts), try await store.spend(SpendQuestion(by: [])))
        try await store.prune(Self.tenDays)
        let after = (store.balances(accounts), try await store.spend(SpendQuestion(by: [])))
        #expect(before == after && before.1.total.spent == .dollars(29) && before.1.total.inDoubt == .dollars(2))
        #expect(try await store.holds(inDoubtOnly: true).map(\.requestID) == ["req_25"])
        await store.close()
        #expect(try await again { $0.balances(accounts) } == before.0)
    }

    @Test func `may lose the details of their sums, and not a cent`() async throws {
        func sums(_ by: SpendQuestion.Dimension...) async throws -> [[String]: SpendSum] {
            let groups = try await store.spend(SpendQuestion(by: by)).groups
            return Dictionary(uniqueKeysWithValues: groups.map { ($0.names, $0.sum) })
        }
        let rows = { [store] in
            try await store.onQueue { try Int.fetchOne($0, sql: "SELECT count(*) FROM spend") ?? 0 }
        }
        for number in 0..<1200 {
            store.record(.example("req_more_\(number)", at: .start, run: "many-\(number)", code: "host_not_allowed"))
        }
        await store.flush()
        // All of that is old now; what comes is not.
        clock.now = clock.now + .days(20)
        store.record(.example("req_new", at: clock.now, run: "new", code: "host_not_allowed"))
        await store.flush()
        let before = (try await sums(.day, .vendor, .policy), try await sums())
        #expect(try await rows() > 1200)
        for _ in 0..<2 {
            try await store.prune(Retention(spend: .days(10)))
            #expect((try await sums(.day, .vendor, .policy), try await sums()) == before)
            // A row for each day but that of the hold in doubt.
            let left = try await rows()
            #expect(left == before.0.count - 1, "another time changes nothing")
        }
        #expect(Set(try await sums(.run).keys) == [["r1"], [""], ["new"]], "r1 is in doubt")
        await store.close()
    }

    @Test func `are found by time and run, and page by page, as before`() async throws {
        try await store.prune(Self.tenDays)
        var filter = AuditFilter()
        (filter.runID, filter.since) = (Glob("r1"), .start + .days(3))
        #expect(try await ids(filter) == (25..<40).filter { $0 % 3 == 1 }.map { "req_\($0)" })
        filter.until = .start + .days(30)
        #expect(try await ids(filter) == ["req_25", "req_28"])
        filter.until = .start + .days(20)
        #expect(try await ids(filter).isEmpty)
        #expect(try await store.records(AuditFilter(), after: 0, newest: false, limit: 1).count == 1)
        await store.close()
    }

    @Test(arguments: [nil, Moment.start + .days(2), .start + .days(30)])
    func `are exported from where they begin, and that can be checked`(since: Moment?) async throws {
        try await store.prune(Self.tenDays)
        var export = try await ChainExport(store, since: since, until: nil)
        var bytes: [UInt8] = []
        while let piece = try await export.next() { bytes += piece }
        var check = ExportCheck()
        for line in bytes.split(separator: 0x0A) { _ = check.take(Array(line)) }
        guard case .intact(_, let rows, _, _, _) = check.verdict() else {
            Issue.record("\(check.verdict())")
            return
        }
        #expect(since.map { $0 > .start + .days(20) } == true ? rows < 28 : rows == 28)
        await store.close()
    }

    @Test func `stay where nobody limits them, and the last of them always`() async throws {
        try await store.prune(Retention())
        #expect(try await ids().count == 40)
        _ = try await store.decide("req_25", Verdict(cost: .none, evidence: "ops: seen"))
        clock.now = clock.now + .days(1000)
        try await store.prune(Self.tenDays)
        guard case .intact(2, let pruned?) = try await store.verify() else {
            Issue.record("\(try await store.verify())")
            return
        }
        #expect(pruned.rows == 70, "everything but the last row, and the note")
        await store.close()
    }

    @Test func `are pruned no further by an interrupted pruning than the head file says`() async throws {
        // What a crash leaves between the head file and the last step.
        try await store.onQueue { [store] db in
            let plan = try store.writer.planPruning(db, before: .start + .days(20))
            #expect(plan?.end.chain.rows == 35)
            try store.writer.prune(db, upTo: 10)
        }
        await store.close()
        guard case .intact(_, let pruned?) = try await again({ try await $0.verify() }) else {
            Issue.record("not intact")
            return
        }
        #expect(pruned.rows == 10)
    }

    @Test(arguments: [44, 60]) func `are missed when somebody else takes more`(row: Int64) async throws {
        try await store.prune(Self.tenDays)
        await store.close()
        try await DatabaseQueue(path: folder.database).write { db in
            try Anchor(db, at: row)?.write(db)
            try db.execute(sql: "DELETE FROM audit WHERE seq <= ?", arguments: [row])
        }
        let verdict = try await StoredRecords(path: folder.database).verify()
        #expect(verdict == .broken(row: 44, why: "rows up to \(row) are missing, and only 43 were to be pruned"))
        let failure = #expect(throws: StoreFailure.self) {
            try SQLiteStore.open(path: folder.database, clock: { .start })
        }
        #expect(failure?.cause.contains("only 43 were to be pruned") == true)
    }

    @Test func `are missed when somebody makes up where they begin`() async throws {
        try await store.prune(Self.tenDays)
        await store.close()
        try await DatabaseQueue(path: folder.database).write { db in
            let chain = ChainHead(rows: 43, hash: [UInt8](repeating: 1, count: 32))
            try Anchor(chain: chain, latest: .start).write(db)
        }
        guard case .broken(44, _) = try await StoredRecords(path: folder.database).verify() else {
            Issue.record("intact")
            return
        }
    }
}

@Suite struct `Keys and runs that are over` {
    @Test func `are removed after their time, but for those that are revoked or have money in doubt`() async throws {
        let folder = try Folder()
        let clock = SetClock()
        let store = try SQLiteStore.open(path: folder.database, clock: { clock.now })
        for number in 0..<1200 {
            var run = Run.example("over-\(number)")
            if number % 2 == 0 { run.endedAt = .start }
            try await store.put(run)
            try await store.put(VaultKey.example("key-\(number)"))
        }
        var (revoked, live) = (Run.example("revoked"), Run.example("live"))
        (revoked.revokedAt, live.deadline) = (.start, .start + .days(90))
        for run in [revoked, live, Run.example("in-doubt")] { try await store.put(run) }
        try await store.put(VaultKey.example("key-live", lives: .days(90)))
        try await store.put(VaultKey.example("vk_1"))
        let hold = try await store.hold(.example(.dollars(1), [.everything], .example(run: "in-doubt")))
        store.close(hold, .inDoubt(evidence: "timeout"), .example(hold, "in_doubt"))
        clock.now = .start + .days(29)
        try await store.prune(Retention(keys: .days(30)))
        #expect(try await Self.runs(store).count == 1203)
        clock.now = .start + .days(31) + .seconds(1)
        try await store.prune(Retention(keys: .days(30)))
        #expect(try await Self.runs(store) == ["in-doubt", "live", "revoked"])
        let keys = try await store.keys(VaultFilter(now: clock.now), after: nil, limit: 5000)
        #expect(keys.map(\.id).sorted() == ["key-live", "vk_1"])
        #expect(store.balances([.everything])[0].total.inDoubt == .dollars(1))
        await store.close()
    }

    private static func runs(_ store: SQLiteStore) async throws -> [String] {
        try await store.runs(VaultFilter(now: .start), after: nil, limit: 5000).map(\.id).sorted()
    }
}

@Suite struct `While very many records are pruned` {
    @Test func `holds go on`() async throws {
        let folder = try Folder()
        let clock = SetClock()
        try await Self.fill(folder, 200_000)
        // The head file knows nothing of rows that were put there by hand.
        let store = try SQLiteStore.open(path: folder.database, clock: { clock.now }, acceptOlderCopy: true)
        let alone = try await Self.holds(store, 300)
        let pruning = Task { try await store.prune(Retention(audit: .days(1))) }
        var (slowest, rounds) = (Duration.zero, 0)
        while try await Self.first(store) <= 200_000 {
            slowest = max(slowest, try await Self.holds(store, 300))
            rounds += 1
        }
        try await pruning.value
        // Three hundred holds wait for a few steps, never for the whole: that would be one round, of many seconds.
        #expect(rounds > 3 && slowest < alone * 20 + .seconds(2), "\(alone) alone, \(slowest) in \(rounds) rounds")
        guard case .intact(_, let pruned?) = try await store.verify() else {
            Issue.record("\(try await store.verify())")
            return
        }
        #expect(pruned.rows == 200_000)
        await store.close()
    }

    private static func holds(_ store: SQLiteStore, _ count: Int) async throws -> Duration {
        let start = ContinuousClock.now
        for _ in 0..<count {
            let decision = DecisionRecord.example(RequestID(at: .start).text, at: .start)
            let hold = try await store.hold(.example(.dollars(1), [.everything], decision))
            store.close(hold, .settled(.dollars(1)), .example(hold, cost: .dollars(1)))
        }
        return .now - start
    }

    private static func first(_ store: SQLiteStore) async throws -> Int64 {
        try await store.onQueue { try Int64.fetchOne($0, sql: "SELECT min(seq) FROM audit") ?? 0 }
    }

    /// Rows of ten days ago, of the size that rows have.
    private static func fill(_ folder: Folder, _ count: Int) async throws {
        await (try SQLiteStore.open(path: folder.database, clock: { .start })).close()
        try await DatabaseQueue(path: folder.database).write { db in
            let time = (Moment.start + .days(-10)).microseconds
            try db.execute(
                sql: """
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
                    INSERT INTO audit SELECT i, i % 2, 'req_' || i / 2, \(time), \(time), 'run-' || i % 50, 'vk_1',
                    'label-' || i % 500, 'stripe', 'allowed', zeroblob(400), zeroblob(32) FROM n
                    """)
        }
    }
}
