import Core
import Foundation
import GRDB

/// A reading of the records in short turns, so that groups are written between them.
///
/// One turn looks at a window of row numbers. Within it an index gives the rows of a run, a label or a request, and SQL
/// does the rest of the filter. The window bounds the work of a turn, whatever the filter, and follows the time that
/// turns take: a hold waits for one of them.
struct AuditQuery: Sendable {
    private let filter: AuditFilter
    private let newest: Bool
    /// Rows that are still to be looked at: after `low`, up to `high`.
    private var low: Int64
    private var high: Int64
    private let narrowing: Narrowing

    /// Row numbers that the next turn looks at.
    private(set) var window: Int64
    private let clock: @Sendable () -> ContinuousClock.Instant
    /// Records that one turn answers: each is read whole, with its outcome.
    private static let answers = 25

    init(
        _ filter: AuditFilter, after: Int64?, newest: Bool, window: Int64 = Pace.first,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, _ db: Database
    ) throws {
        (self.filter, self.newest, self.window, self.clock) = (filter, newest, window, clock)
        let bounds = try AuditBounds(db)
        low = max(after ?? 0, try filter.since.map { try bounds.lastRow(before: $0) } ?? bounds.pruned)
        high = try filter.until.map { try bounds.lastRow(upTo: $0) } ?? bounds.rows
        narrowing = try Narrowing(filter, db)
    }

    var isDone: Bool { low >= high }

    /// One turn: at most `limit` records, in the direction of the reading.
    mutating func turn(_ db: Database, limit: Int) throws -> [AuditRecord] {
        let most = min(limit, Self.answers)
        let start = clock()
        defer { window = Pace.next(after: window, took: clock() - start) }
        let (from, to) = newest ? (max(low, high - window), high) : (low, min(high, low + window))
        let found = try records(db, from, to, limit: most)
        // With a full answer the rest of the window is for the next turn.
        let rest = found.count < most ? nil : found.last?.sequence
        if newest { high = rest.map { $0 - 1 } ?? from } else { low = rest ?? to }
        return found.filter(filter.fits)
    }

    private func records(_ db: Database, _ from: Int64, _ to: Int64, limit: Int) throws -> [AuditRecord] {
        let (conditions, values) = narrowing.conditions
        let statement = try db.cachedStatement(
            sql: """
                SELECT seq, row FROM audit \(narrowing.index.map { "INDEXED BY \($0)" } ?? "")
                WHERE kind <> 1 AND seq > ? AND seq <= ? \(conditions.map { "AND \($0) " }.joined())
                ORDER BY seq \(newest ? "DESC" : "ASC") LIMIT ?
                """)
        let arguments: [DatabaseValue] = [from.databaseValue, to.databaseValue] + values + [limit.databaseValue]
        return try Row.fetchAll(statement, arguments: StatementArguments(arguments)).map { try Self.record($0, db) }
    }

    private static func record(_ row: Row, _ db: Database) throws -> AuditRecord {
        switch AuditRow(bytes: Array(row[1] as Data)) {
        case .decision(let decision):
            AuditRecord(sequence: row[0], decision: decision, outcome: try outcome(of: decision.requestID, db))
        case .note(let note): AuditRecord(sequence: row[0], note: note)
        case .outcome, nil: throw StoreFailure("damaged: row \(row[0] as Int64) of the records")
        }
    }

    /// The last outcome counts: one in doubt may have been settled since.
    private static func outcome(of request: RequestID, _ db: Database) throws -> OutcomeRecord? {
        let statement = try db.cachedStatement(
            sql: "SELECT row FROM audit WHERE request = ? AND kind = 1 ORDER BY seq DESC LIMIT 1")
        guard let bytes = try Data.fetchOne(statement, arguments: [request.text]) else { return nil }
        guard case .outcome(let outcome)? = AuditRow(bytes: Array(bytes)) else {
            throw StoreFailure("damaged: the outcome of \(request)")
        }
        return outcome
    }
}

/// How many rows a turn looks at, so that it takes about as long as a group takes to be written.
enum Pace {
    static let first: Int64 = 500
    private static let least: Int64 = 50
    private static let most: Int64 = 20_000
    private static let wanted = Duration.microseconds(500)

    static func next(after window: Int64, took spent: Duration) -> Int64 {
        if spent > wanted { return max(min(window, least), window / 2) }
        return spent < wanted / 2 ? max(window, min(window * 2, most)) : window
    }
}

/// A filter as conditions of SQL, and the index that finds its rows.
private struct Narrowing: Sendable {
    private(set) var index: String?
    private(set) var conditions: (sql: [String], values: [DatabaseValue]) = ([], [])

    init(_ filter: AuditFilter, _ db: Database) throws {
        if let request = filter.requestID { add("request = ?", request, index: "audit_request") }
        try add("run", filter.runID, db)
        try add("label", filter.label, db)
        if let key = filter.keyID { add("key = ?", key) }
        if let vendor = filter.vendor { add("vendor = ?", vendor) }
        if let since = filter.since { add("time >= ?", since.microseconds) }
        if let until = filter.until { add("time <= ?", until.microseconds) }
        try addDecision(filter.decisionCode, db)
        // As the row's text has them, so that few rows are read whole.
        for (name, glob) in filter.tags { add("instr(row, ?) > 0", Data("\(name)=\(glob.plainStart)".utf8)) }
    }

    private mutating func add(_ sql: String, _ value: some DatabaseValueConvertible, index: String? = nil) {
        conditions.sql.append(sql)
        conditions.values.append(value.databaseValue)
        self.index = self.index ?? index
    }

    /// A name, or the few names that a glob means, are looked up in the column's index; more are compared one by one.
    private mutating func add(_ column: String, _ glob: Glob?, _ db: Database) throws {
        guard let glob else { return }
        let names = glob.isLiteral ? [glob.text] : try Self.names(column, glob, db)
        guard let names else { return add("\(column) GLOB ?", glob.sqlText) }
        // An index can't serve an empty list.
        guard !names.isEmpty else { return conditions.sql.append("FALSE") }
        let marks = names.map { _ in "?" }.joined(separator: ", ")
        conditions.sql.append("\(column) IN (\(marks))")
        conditions.values += names.map(\.databaseValue)
        index = index ?? "audit_\(column)"
    }

    /// Skips through the index from name to name; nil when there are too many.
    private static func names(_ column: String, _ glob: Glob, _ db: Database) throws -> [String]? {
        let prefix = String(bytes: glob.text.utf8.prefix { $0 != UInt8(ascii: "*") })
        guard !prefix.isEmpty else { return nil }
        let statement = try db.cachedStatement(
            sql: "SELECT min(\(column)) FROM audit WHERE \(column) IS NOT NULL AND \(column) > ?")
        // The first name that can follow: the prefix itself counts too.
        var names = try String.fetchAll(
            db, sql: "SELECT \(column) FROM audit WHERE \(column) = ? LIMIT 1", arguments: [prefix])
        var last = prefix
        for _ in 0..<most {
            guard let next = try String.fetchOne(statement, arguments: [last]), next.utf8.starts(with: prefix.utf8)
            else {
                return names.filter(glob.matches)
            }
            names.append(next)
            last = next
        }
        return nil
    }

    private static let most = 64

    private mutating func addDecision(_ decision: String?, _ db: Database) throws {
        switch decision {
        case nil: break
        case "refused": add("code <> ?", DecisionRecord.allowed)
        case DecisionRecord.note: conditions.sql.append("kind = 2")
        case "in_doubt": try addDoubt(db)
        case let code?: add("code = ?", code)
        }
    }

    /// From few doubtful outcomes to their decisions, else from each decision to its outcomes: a turn that collects
    /// thousands first is a long one.
    private mutating func addDoubt(_ db: Database) throws {
        let doubtful = "FROM audit INDEXED BY audit_doubt WHERE code = 'in_doubt'"
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM (SELECT 1 \(doubtful) LIMIT \(Self.few))") ?? 0
        if count < Self.few {
            // An outcome comes after its decision, so those up to the window's start (?1) have nothing in it.
            conditions.sql.append("request IN (SELECT request \(doubtful) AND seq > ?1)")
            index = index ?? "audit_request"
        } else {
            let outcomes = "FROM audit AS outcome INDEXED BY audit_request WHERE outcome.request = audit.request"
            conditions.sql.append("EXISTS (SELECT 1 \(outcomes) AND outcome.code = 'in_doubt')")
        }
    }

    private static let few = 500
}

extension Glob {
    /// The same pattern for SQLite, whose GLOB knows two more signs.
    var sqlText: String {
        text.unicodeScalars.map { $0 == "?" || $0 == "[" ? "[\($0)]" : "\($0)" }.joined()
    }
}

/// Finds row numbers by time, by halving over `latest`, which never falls.
struct AuditBounds {
    let rows: Int64
    /// Rows at the beginning that are not there any more.
    let pruned: Int64
    private let latest: Statement
    private let steppedBack: Int64

    /// A row's time is at most this far before the newest time before it, or the row is noted in `facts`.
    static let slack = Span.seconds(3600)

    init(_ db: Database) throws {
        rows = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM audit") ?? 0
        pruned = max(try Int64.fetchOne(db, sql: "SELECT min(seq) FROM audit") ?? 1, 1) - 1
        latest = try db.cachedStatement(sql: "SELECT latest FROM audit WHERE seq = ?")
        steppedBack =
            try Int64.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.steppedBack]) ?? 0
    }

    /// Every row from `time` on comes after this one.
    func lastRow(before time: Moment) throws -> Int64 { try rows(with: time.microseconds) - 1 }

    /// No row up to `time` comes after this one.
    func lastRow(upTo time: Moment) throws -> Int64 {
        max(try rows(with: (time + Self.slack).microseconds + 1) - 1, steppedBack)
    }

    /// The first row with `latest` at `time` or later; one behind the last when there is none.
    private func rows(with time: Int64) throws -> Int64 {
        var (low, high) = (pruned, rows + 1)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            let value = try Int64.fetchOne(latest, arguments: [middle])
            if let value, value < time { low = middle } else { high = middle }
        }
        return high
    }
}
