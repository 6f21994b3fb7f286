import Core
import Foundation
import GRDB

/// A walk over the whole chain, in short turns.
struct ChainWalk: Sendable {
    private(set) var verdict = ChainVerdict.intact(rows: 0)
    private(set) var isDone = false
    private var chain: ChainHead
    private let anchor: Anchor
    /// What there was when the walk began; rows that came since are not its matter.
    private let end: Int64
    private let head: HeadFile.Content?
    private let store: String?

    /// Hashed, read and compared: 50 take about a millisecond, and a hold waits for one turn.
    private static let rowsOfATurn = 50

    init(_ db: Database, headPath: String) throws {
        head = try HeadFile.read(path: headPath)
        end = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM audit") ?? 0
        store = try String.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.store])
        anchor = try Anchor(db)
        chain = anchor.chain
        let allowed = head?.pruned ?? anchor.chain
        if let trouble = Opening.trouble(anchor, allowed: allowed) { fail(allowed.rows + 1, trouble) }
    }

    mutating func turn(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT seq, kind, request, time, run, key, label, vendor, code, row, hash FROM audit
                WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?
                """)
        let rows = try Row.fetchCursor(statement, arguments: [chain.rows, end, Self.rowsOfATurn])
        var seen = 0
        while !isDone, let row = try rows.next() {
            seen += 1
            try take(row)
        }
        if !isDone, seen < Self.rowsOfATurn { finish() }
    }

    private mutating func take(_ row: Row) throws {
        let sequence: Int64 = row["seq"]
        guard sequence == chain.rows + 1 else { return fail(chain.rows + 1, "it is missing") }
        let bytes = Array(row["row"] as Data)
        chain.append(bytes)
        guard Array(row["hash"] as Data) == chain.hash else {
            return fail(
                sequence, "it does not follow from the rows before it: it, or the hash of the row before, was changed")
        }
        guard let record = AuditRow(bytes: bytes) else { return fail(sequence, "it is not a record") }
        guard record.columns == AuditColumns(row) else { return fail(sequence, "its columns differ from its content") }
        for known in [head?.chain, head?.pruned] where known?.rows == sequence && known != chain {
            fail(sequence, "it is not the row that the head file knows (an older copy, or rewritten)")
        }
    }

    private mutating func finish() {
        isDone = true
        verdict = .intact(rows: chain.rows - anchor.chain.rows, pruned: anchor.pruned)
        guard let head else { return chain.rows == 0 ? () : fail(chain.rows, "audit.head is missing") }
        if head.store != store {
            fail(chain.rows, "audit.head belongs to another store")
        } else if head.chain.rows > chain.rows {
            let counted = "the head file counts \(head.chain.rows)"
            fail(chain.rows + 1, "rows missing after \(chain.rows): \(counted) (an older copy, or cut)")
        }
    }

    private mutating func fail(_ row: Int64, _ why: String) { (verdict, isDone) = (.broken(row: row, why: why), true) }
}

/// What the columns beside a row repeat of it.
struct AuditColumns: Equatable {
    var kind: AuditKind?
    var request: String?
    var time: Moment
    var run: String?
    var key: String?
    var label: String?
    var vendor: String?
    var code: String?

    init(kind: AuditKind, time: Moment) { (self.kind, self.time) = (kind, time) }

    init(_ row: Row) {
        kind = AuditKind(rawValue: row["kind"])
        time = Moment(microseconds: row["time"])
        (request, run, key) = (row["request"], row["run"], row["key"])
        (label, vendor, code) = (row["label"], row["vendor"], row["code"])
    }
}

extension AuditRow {
    var columns: AuditColumns {
        switch self {
        case .decision(let it):
            var columns = AuditColumns(kind: .decision, time: it.at)
            (columns.request, columns.run, columns.key) = (it.requestID.text, it.runID, it.keyID)
            (columns.label, columns.vendor, columns.code) = (it.label, it.vendor, it.code)
            return columns
        case .outcome(let it):
            var columns = AuditColumns(kind: .outcome, time: it.at)
            (columns.request, columns.code) = (it.requestID.text, it.result)
            return columns
        case .note(let it):
            var columns = AuditColumns(kind: .note, time: it.at)
            (columns.run, columns.key) = (it.runID, it.keyID)
            return columns
        }
    }
}
