import Core
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `Records that are looked for` {
    /// Sixty requests of three runs; the clock is set back by a day in the middle.
    private func fill(_ store: SQLiteStore) async throws {
        for number in 0..<60 {
            let at = Moment.start + .seconds(Int64(number) * 600) + .days(number < 30 ? 0 : -1)
            var decision = DecisionRecord.example(
                "req_\(number)", at: at, run: number % 7 == 0 ? nil : "run-\(number % 3)", label: "l[\(number % 5)]?",
                code: number % 4 == 0 ? "host_not_allowed" : "allowed")
            decision.vendor = number % 2 == 0 ? "stripe" : "twilio"
            guard decision.code == "allowed" else {
                store.record(decision)
                continue
            }
            let hold = try await store.hold(.example(.dollars(1), [.run("r", Caps())], decision))
            if number % 5 == 0 { store.close(hold, .inDoubt(evidence: "timeout"), .example(hold, "in_doubt")) }
            if number % 5 == 1 { store.close(hold, .released, .example(hold, "released")) }
        }
    }

    private static let filters: [AuditFilter] = {
        func filter(_ set: (inout AuditFilter) -> Void) -> AuditFilter {
            var filter = AuditFilter()
            set(&filter)
            return filter
        }
        let runs = ["run-1", "run-*", "*-2", "run", "*", "run-1*x"].map { run in filter { $0.runID = Glob(run) } }
        let labels = ["l[1]?", "l[*", "*]?", "L*"].map { label in filter { $0.label = Glob(label) } }
        let decisions = ["allowed", "refused", "in_doubt", "host_not_allowed", "cap_exhausted"].map { decision in
            filter { $0.decision = decision }
        }
        let times = [-90_000, -86_400, -70_000, 0, 1, 6000, 17_400, 20_000].flatMap { seconds in
            let moment = Moment.start + .seconds(Int64(seconds))
            return [filter { $0.since = moment }, filter { $0.until = moment }]
        }
        return runs + labels + decisions + times + [
            AuditFilter(), filter { $0.vendor = "twilio" }, filter { $0.keyID = "vk_1" }, filter { $0.keyID = "vk_2" },
            filter { $0.requestID = "req_33" },
            filter { ($0.runID, $0.label, $0.decision) = (Glob("run-1"), Glob("l*"), "in_doubt") },
            filter { ($0.since, $0.until, $0.vendor) = (.start, .start + .seconds(9000), "stripe") },
        ]
    }()

    @Test(arguments: [true, false]) func `are those that looking at every record gives`(_ newest: Bool) async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        try await fill(store)
        let all = try await store.records(AuditFilter(), after: nil, newest: false, limit: 1000)
        #expect(all.count == 60)
        for filter in Self.filters {
            let expected = all.filter(filter.matches)
            #expect(try await store.records(filter, after: nil, newest: newest, limit: 1000) == expected, "\(filter)")
            let small = try await read(store, filter, newest: newest, window: 7, limit: 3)
            #expect(small == (newest ? expected.reversed() : expected), "\(filter)")
            if expected.count > 3 {
                let part = try await store.records(filter, after: expected[0].sequence, newest: newest, limit: 2)
                #expect(part == Array(newest ? expected.suffix(2) : expected[1...2]), "\(filter)")
            }
        }
        await store.close()
    }

    @Test(arguments: [true, false]) func `are found where many are in doubt`(_ newest: Bool) async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        for number in 0..<1200 {
            let decision = DecisionRecord.example("req_\(number)", run: "run-\(number % 3)")
            let hold = try await store.hold(.example(.dollars(1), [.run("r", Caps())], decision))
            guard number % 2 == 0 else { continue }
            store.close(hold, .inDoubt(evidence: "timeout"), .example(hold, "in_doubt"))
        }
        let all = try await store.records(AuditFilter(), after: nil, newest: false, limit: 2000)
        for run in [nil, Glob("run-1")] {
            var filter = AuditFilter()
            (filter.runID, filter.decision) = (run, "in_doubt")
            let expected = all.filter(filter.matches)
            #expect(expected.count == (run == nil ? 600 : 200))
            #expect(try await store.records(filter, after: nil, newest: newest, limit: 1000) == expected)
        }
        await store.close()
    }

    @Test func `are read in turns that hold up nobody for long`() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        try await fill(store)
        try await store.database.read { db in
            var query = try AuditQuery(AuditFilter(), after: nil, newest: false, window: 1000, clock: Slow().tick, db)
            var turns: [Int] = []
            while !query.isDone { turns.append(try query.turn(db, limit: 1000).count) }
            #expect(turns.allSatisfy { $0 <= 25 })
            #expect(turns.reduce(0, +) == 60)
            #expect(query.window == 125, "slow turns make the window small, but not so small that it never ends")
        }
        await store.close()
    }

    @Test func `are read in larger windows while that is quick`() {
        #expect(Pace.next(after: 500, took: .microseconds(10)) == 1000)
        #expect(Pace.next(after: 15_000, took: .microseconds(10)) == 20_000)
        #expect(Pace.next(after: 20_000, took: .microseconds(400)) == 20_000)
        #expect(Pace.next(after: 20_000, took: .milliseconds(8)) == 10_000)
        #expect(Pace.next(after: 600, took: .milliseconds(8)) == 300)
        #expect(Pace.next(after: 60, took: .milliseconds(8)) == 50)
    }

    @Test func `are verified in turns that hold up nobody for long`() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        try await fill(store)
        let path = store.headPath
        try await store.database.read { db in
            var walk = try ChainWalk(db, headPath: path)
            var turns = 0
            while !walk.isDone {
                try walk.turn(db)
                turns += 1
            }
            guard case .intact(let rows, _) = walk.verdict else {
                Issue.record("\(walk.verdict)")
                return
            }
            #expect(rows > 60)
            #expect(turns > rows / 50)
        }
        await store.close()
    }

    /// Turn by turn, through windows of a few rows.
    private func read(
        _ store: SQLiteStore, _ filter: AuditFilter, newest: Bool, window: Int64, limit: Int
    ) async throws -> [AuditRecord] {
        try await store.database.read { db in
            var query = try AuditQuery(filter, after: nil, newest: newest, window: window, clock: Slow().tick, db)
            var found: [AuditRecord] = []
            while !query.isDone { found += try query.turn(db, limit: limit) }
            return found
        }
    }

    @Test func `are found by their index`() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        let sql = """
            EXPLAIN QUERY PLAN SELECT seq, row FROM audit INDEXED BY audit_run
            WHERE kind = 0 AND seq > 1 AND seq <= 20000 AND run IN ('a', 'b') ORDER BY seq LIMIT 10
            """
        let plan = try await store.database.read { try Row.fetchAll($0, sql: sql).map { $0["detail"] as String } }
        #expect(plan.first == "SEARCH audit USING INDEX audit_run (run=? AND rowid>? AND rowid<?)")
        await store.close()
    }
}

extension AuditFilter {
    /// The filter, the slow way.
    fileprivate func matches(_ record: AuditRecord) -> Bool {
        let decision = record.decision
        func fits(_ glob: Glob?, _ name: String?) -> Bool {
            glob.map { glob in name.map(glob.matches) ?? false } ?? true
        }
        let code =
            switch self.decision {
            case nil: true
            case "refused": decision.code != "allowed"
            case "in_doubt": record.outcome?.result == "in_doubt"
            case let code: decision.code == code
            }
        return fits(label, decision.label) && fits(runID, decision.runID) && (keyID ?? decision.keyID) == decision.keyID
            && (vendor ?? decision.vendor) == decision.vendor
            && (requestID ?? decision.requestID.text) == decision.requestID.text
            && (since ?? decision.at) <= decision.at && decision.at <= (until ?? decision.at) && code
    }
}

/// A clock on which a second passes with each look.
private final class Slow: Sendable {
    private let looks = Guarded(0)

    @Sendable func tick() -> ContinuousClock.Instant {
        looks.withLockedValue { looks in
            looks += 1
            return Self.start + .seconds(looks)
        }
    }

    private static let start = ContinuousClock.now
}
