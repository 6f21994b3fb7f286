import Core
import GRDB

/// A reading of keys or runs, newest first. SQL leaves out what it can tell apart, so that few rows are read whole; the
/// filter itself has the last word.
struct VaultQuery: Sendable {
    /// The last row that was looked at.
    struct Cursor: Sendable {
        var created: Int64
        var id: String

        static let top = Cursor(created: .max, id: "")
    }

    private let table: String
    private var conditions: [String] = []
    private var values: [DatabaseValue] = []

    /// Rows that the next turn looks at.
    private var window = Pace.first
    /// Rows that one turn answers.
    private static let answers = 25

    init(keys filter: VaultFilter) {
        table = "keys"
        if let vendor = filter.vendor { add("vendor = ?", vendor) }
        add("label", filter.label)
        add("run", filter.runID)
        addStatus(filter, end: "expires")
        // As JSON writes them.
        for (name, glob) in filter.tags { add("instr(rules, ?) > 0", "\"\(name)\":\"\(glob.plainStart)") }
    }

    init(runs filter: VaultFilter) {
        table = "runs"
        add("id", filter.runID)
        for (name, glob) in filter.tags { add("instr(tags, ?) > 0", "\(name)=\(glob.plainStart)") }
    }

    private mutating func add(_ sql: String, _ value: some DatabaseValueConvertible) {
        conditions.append(sql)
        values.append(value.databaseValue)
    }

    private mutating func add(_ column: String, _ glob: Glob?) {
        if let glob { add("\(column) GLOB ?", glob.sqlText) }
    }

    private mutating func addStatus(_ filter: VaultFilter, end: String) {
        switch filter.status {
        case "revoked": conditions.append("revoked IS NOT NULL")
        case "active": add("revoked IS NULL AND \(end) > ?", filter.now.microseconds)
        case "expired": add("revoked IS NULL AND \(end) <= ?", filter.now.microseconds)
        default: break
        }
    }

    /// Behind the row with this ID; nil when there is none.
    func start(_ db: Database, after id: String?) throws -> Cursor? {
        guard let id else { return .top }
        let row = try Row.fetchOne(db, sql: "SELECT created, id FROM \(table) WHERE id = ?", arguments: [id])
        return row.map { Cursor(created: $0[0], id: $0[1]) }
    }

    /// One turn; `next` is nil at the end. Every index of these tables ends with the ID, so (created, id) is in its order.
    mutating func turn(_ db: Database, after at: Cursor) throws -> (rows: [Row], next: Cursor?) {
        let start = ContinuousClock.now
        defer { window = Pace.next(after: window, took: .now - start) }
        let before: StatementArguments = [at.created, at.id]
        let edge = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT created, id FROM \(table) WHERE (created, id) < (?, ?)
                    ORDER BY created DESC, id DESC LIMIT 1 OFFSET ?
                    """), arguments: before + [window - 1])
        let end = edge.map { Cursor(created: $0[0], id: $0[1]) }
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT * FROM \(table) WHERE (created, id) < (?, ?) AND (created, id) >= (?, ?)
                    \(conditions.map { "AND \($0) " }.joined()) ORDER BY created DESC, id DESC LIMIT \(Self.answers)
                    """), arguments: before + [end?.created ?? .min, end?.id ?? ""] + StatementArguments(values))
        guard rows.count == Self.answers, let last = rows.last else { return (rows, end) }
        return (rows, Cursor(created: last["created"], id: last["id"]))
    }
}

extension Glob {
    /// What comes before the first star, as far as no notation writes it in another way.
    var plainStart: String {
        String(bytes: text.utf8.prefix { ASCII.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F })
    }
}
