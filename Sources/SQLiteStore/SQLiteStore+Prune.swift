package import Core
import Foundation
import GRDB

extension SQLiteStore {
    /// Removes what has been over for long, in short steps between which requests are served. No money is forgotten: not
    /// the accounts, not a hold that is open or in doubt, nor the records from its own on; sums of old days lose their
    /// details only.
    package func prune(_ retention: Retention) async throws(StoreFailure) {
        let now = clock()
        if let span = retention.keys {
            try await pruneVault(.keys, before: now + Span(microseconds: -span.microseconds))
            try await pruneVault(.runs, before: now + Span(microseconds: -span.microseconds))
        }
        for (table, id) in [("idempotent_uses", "key"), ("idempotent_repetitions", "first, request")] {
            try await pruneRows(table, id, "expires", upTo: now)
        }
        if let span = retention.spend { try await mergeSums(before: now + Span(microseconds: -span.microseconds)) }
        if let span = retention.audit {
            let time = now + Span(microseconds: -span.microseconds)
            // If something more comes of such an object, it counts anew.
            try await pruneRows("objects", "id", "at", upTo: time)
            try await pruneRecords(before: time)
        }
    }

    private func pruneRecords(before time: Moment) async throws(StoreFailure) {
        let plan = try await onQueue { [self] db in try writer.planPruning(db, before: time) }
        guard let plan else { return }
        var reached = plan.start
        while reached < plan.end.chain.rows {
            try await breathe()
            let next = min(reached + Pruning.step, plan.end.chain.rows)
            try await onQueue { [self] db in try writer.prune(db, upTo: next) }
            reached = next
        }
        let count = plan.end.chain.rows - plan.start
        note(AuditNote(at: clock(), text: "\(count) records up to \(plan.end.latest.rfc3339) were pruned"))
    }

    /// Rows whose time in `column` has come.
    private func pruneRows(
        _ table: String, _ id: String, _ column: String, upTo time: Moment
    ) async throws(StoreFailure) {
        let sql = "DELETE FROM \(table) WHERE (\(id)) IN (SELECT \(id) FROM \(table) WHERE \(column) <= ? LIMIT ?)"
        var gone = 0
        repeat {
            try await breathe()
            gone = try await onQueue { db in
                try db.execute(sql: sql, arguments: [time.microseconds, Pruning.step])
                return db.changesCount
            }
        } while gone > 0
    }

    /// A fresh key for each request leaves a row of sums for each: those of old days become one for each policy.
    private func mergeSums(before time: Moment) async throws(StoreFailure) {
        let day = Int32(clamping: time.seconds / 86_400)
        var cursor: SpendRow.Key? = SpendRow.Key()
        while let at = cursor {
            try await breathe()
            cursor = try await onQueue { db in try SpendRow.merge(db, before: day, after: at) }
        }
    }

    private func pruneVault(_ table: Pruning.Table, before time: Moment) async throws(StoreFailure) {
        var cursor: Pruning.Cursor? = Pruning.Cursor()
        while let at = cursor {
            try await breathe()
            cursor = try await onQueue { db in try Pruning.step(table, db, before: time, at) }
        }
    }

    /// Waits until nobody else has work for the queue, but not for ever: then one step comes between theirs.
    private func breathe() async throws(StoreFailure) {
        for round in 0..<Pruning.patience {
            do { try await Task.sleep(for: Pruning.pause) } catch { throw StoreFailure("pruning was interrupted") }
            if round > 0, books.withLockedValue({ $0.queue.isEmpty && !$0.scheduled }) { return }
        }
    }
}

/// What a pruning does at once, and where it goes.
enum Pruning {
    static let step: Int64 = 500
    static let pause = Duration.milliseconds(5)
    /// Pauses after which a busy store gets its next step all the same.
    static let patience = 100

    /// From the row behind `start` to `end`.
    struct Plan: Sendable {
        var start: Int64
        var end: Anchor
    }

    enum Table: String, Sendable {
        case keys, runs

        /// Walked in this order, which an index has; what is over by `time` comes before it.
        var order: String { self == .keys ? "expires" : "created" }

        /// A revoked run must stay known, or its ID could be registered again. A hold names its key and run.
        var isOver: String {
            switch self {
            case .keys: "expires < ?1 AND id NOT IN (SELECT key FROM holds WHERE key IS NOT NULL)"
            case .runs:
                """
                revoked IS NULL AND (ended < ?1 OR deadline < ?1)
                AND id NOT IN (SELECT run FROM holds WHERE run IS NOT NULL)
                """
            }
        }
    }

    /// The last row that was looked at.
    struct Cursor: Sendable {
        var value = Int64.min
        var id = ""
    }

    /// Looks at the next rows, and removes those that are over; nil at the end.
    static func step(_ table: Table, _ db: Database, before time: Moment, _ at: Cursor) throws -> Cursor? {
        let (order, micros) = (table.order, time.microseconds)
        let last = try Row.fetchOne(
            db,
            sql: """
                SELECT \(order), id FROM (SELECT \(order), id FROM \(table.rawValue)
                WHERE \(order) < ? AND (\(order), id) > (?, ?) ORDER BY \(order), id LIMIT \(step))
                ORDER BY \(order) DESC, id DESC LIMIT 1
                """, arguments: [micros, at.value, at.id])
        guard let last else { return nil }
        let end = Cursor(value: last[0], id: last[1])
        try db.inTransaction(.immediate) {
            try db.execute(
                sql: """
                    DELETE FROM \(table.rawValue) WHERE (\(order), id) > (?2, ?3) AND (\(order), id) <= (?4, ?5)
                    AND \(table.isOver)
                    """, arguments: [micros, at.value, at.id, end.value, end.id])
            return .commit
        }
        return end
    }
}

extension Writer {
    /// What may go, once the head file knows that it will; nil when there is nothing.
    func planPruning(_ db: Database, before time: Moment) throws -> Pruning.Plan? {
        let start = try Anchor(db).chain.rows
        let last = min(try AuditBounds(db).lastRow(before: time), try firstOfOpenHold(db) - 1, written - 1)
        guard last > start, let end = try Anchor(db, at: last) else { return nil }
        try allowPruning(upTo: end.chain)
        return Pruning.Plan(start: start, end: end)
    }

    /// The first row that belongs to a hold which is open or in doubt.
    private func firstOfOpenHold(_ db: Database) throws -> Int64 {
        // From the few holds to their rows: the other way round would look at all records.
        let sql = """
            SELECT min(seq) FROM holds CROSS JOIN audit INDEXED BY audit_request
            WHERE audit.request = holds.request AND kind = 0
            """
        return try Int64.fetchOne(db, sql: sql) ?? .max
    }

    /// One transaction, without waiting for the disk: what a power cut brings back goes another time.
    func prune(_ db: Database, upTo row: Int64) throws {
        guard let anchor = try Anchor(db, at: row) else { throw StoreFailure("damaged: row \(row) is missing") }
        try db.inTransaction(.immediate) {
            try db.cachedStatement(sql: "DELETE FROM audit WHERE seq <= ?").execute(arguments: [row])
            try anchor.write(db)
            return .commit
        }
    }
}
