import Core
import GRDB

/// A row of `spend`, which counts all requests of one day that agree in their names.
enum SpendRow {
    static let names = ["vendor", "policy", "label", "run", "key", "tags"]
    private static let key = "day, " + names.joined(separator: ", ")

    /// Values: the key, then what is added.
    static let add = """
        INSERT INTO spend (\(key), requests, refused, spent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \(conflict)
        """

    /// Values: what it cost, and the request of the hold that has all the names.
    static let addHold = """
        INSERT INTO spend (\(key), requests, refused, spent)
        SELECT day, \(names.map { "ifnull(\($0), '')" }.joined(separator: ", ")), 1, 0, ? FROM holds WHERE request = ?
        \(conflict)
        """

    private static let conflict = """
        ON CONFLICT (\(key)) DO UPDATE SET requests = requests + excluded.requests,
        refused = refused + excluded.refused, spent = spent + excluded.spent
        """

    /// A page of rows after a key.
    static let page = """
        SELECT \(key), requests, refused, spent FROM spend
        WHERE (\(key)) > (?, ?, ?, ?, ?, ?, ?) AND day <= ? ORDER BY \(key) LIMIT ?
        """

    /// What is open, in the columns of a page.
    static let holds = """
        SELECT day, \(names.map { "ifnull(\($0), '')" }.joined(separator: ", ")), amount, in_doubt FROM holds
        WHERE day >= ? AND day <= ?
        """
}

extension SpendRow {
    /// A row's primary key.
    struct Key: Sendable {
        var day = Int64(Int32.min) - 1
        var names = SpendRow.names.map { _ in "" }

        var values: [DatabaseValue] { [day.databaseValue] + names.map(\.databaseValue) }
    }

    /// Merges the next rows of old days into those without details; answers the last of them, nil at the end. The merged
    /// ones come before the others of their policy, so a reading that goes on meanwhile counts nothing twice.
    static func merge(_ db: Database, before day: Int32, after at: Key) throws -> Key? {
        let last = try Row.fetchOne(
            db,
            sql: """
                SELECT * FROM (SELECT \(key) FROM spend WHERE (\(key)) > (?, ?, ?, ?, ?, ?, ?) AND day < ?
                ORDER BY \(key) LIMIT \(Pruning.step)) ORDER BY \(key.replacing(",", with: " DESC,")) DESC LIMIT 1
                """, arguments: StatementArguments(at.values + [day.databaseValue]))
        guard let last else { return nil }
        let end = Key(day: last[0], names: (1...names.count).map { last[$0] })
        let details =
            "(\(key)) > (?, ?, ?, ?, ?, ?, ?) AND (\(key)) <= (?, ?, ?, ?, ?, ?, ?)"
            + " AND (label, run, key, tags) <> ('', '', '', '')"
        let range = StatementArguments(at.values + end.values)
        try db.inTransaction(.immediate) {
            try db.execute(
                sql: """
                    INSERT INTO spend (\(key), requests, refused, spent)
                    SELECT day, vendor, policy, '', '', '', '', sum(requests), sum(refused), sum(spent) FROM spend
                    WHERE \(details) GROUP BY day, vendor, policy \(conflict)
                    """, arguments: range)
            try db.execute(sql: "DELETE FROM spend WHERE \(details)", arguments: range)
            return .commit
        }
        return end
    }
}

/// One row of `spend`, or one open hold.
struct SpendLine: Sendable {
    /// As the key of `spend` has them.
    var (day, names): (Int32, [String])
    var sum = SpendSum()

    init(_ row: Row) { (day, names) = (row[0], (1...SpendRow.names.count).map { row[$0] }) }

    static func counted(_ row: Row) -> SpendLine {
        var line = SpendLine(row)
        (line.sum.requests, line.sum.refused, line.sum.spent) = (row[7], row[8], Money(micros: row[9]))
        return line
    }

    static func open(_ row: Row) -> SpendLine {
        var line = SpendLine(row)
        line.sum.requests = 1
        if row[8] {
            (line.sum.doubtful, line.sum.inDoubt) = (1, Money(micros: row[7]))
        } else {
            line.sum.held = Money(micros: row[7])
        }
        return line
    }

    func name(_ dimension: SpendQuestion.Dimension, _ question: SpendQuestion) -> String {
        switch dimension {
        case .day: SpendQuestion.text(ofDay: day)
        case .vendor: names[0]
        case .policy: names[1]
        case .label: names[2]
        case .labelPrefix: SpendQuestion.prefix(of: names[2], depth: question.depth)
        case .run: names[3]
        case .key: names[4]
        case .tag: Tag.read(names[5])[question.tagName] ?? ""
        }
    }
}

extension SpendQuestion {
    func matches(_ line: SpendLine) -> Bool {
        (vendor.map { $0 == line.names[0] } ?? true) && (policy.map { $0 == line.names[1] } ?? true)
            && (label?.matches(line.names[2]) ?? true) && (runID?.matches(line.names[3]) ?? true)
            && (keyID.map { $0 == line.names[4] } ?? true) && (tags.isEmpty || tags.fit(Tag.read(line.names[5])))
    }
}

/// A reading of `spend` in short turns, so that groups are written between them.
///
/// Up to `rowsOfATurn` rows it is one turn, and a picture of one moment. Of more, a request that ends meanwhile may be
/// missing; none is there twice.
struct SpendPages: Sendable {
    private let (first, last): (Int32, Int32)
    private let rowsOfATurn: Int
    /// The key of the last row of the page before.
    private var after: (day: Int64, names: [String])
    private(set) var isDone = false

    init(_ question: SpendQuestion, rowsOfATurn: Int = 1000) {
        (first, last) = (question.firstDay ?? .min, question.lastDay ?? .max)
        (self.rowsOfATurn, after) = (rowsOfATurn, (Int64(first) - 1, SpendRow.names.map { _ in "\u{10FFFF}" }))
    }

    /// One page; the last brings what is open: a request that is closed meanwhile must not count twice.
    mutating func turn(_ db: Database) throws -> [SpendLine] {
        let key = [after.day.databaseValue] + after.names.map(\.databaseValue)
        let values = StatementArguments(key + [last.databaseValue, rowsOfATurn.databaseValue])
        let lines = try Row.fetchCursor(db.cachedStatement(sql: SpendRow.page), arguments: values)
            .map(SpendLine.counted)
        var page = try Array(lines)
        if page.count == rowsOfATurn, let line = page.last {
            after = (Int64(line.day), line.names)
            return page
        }
        isDone = true
        let open = try Row.fetchCursor(db.cachedStatement(sql: SpendRow.holds), arguments: [first, last])
        page += try Array(open.map(SpendLine.open))
        return page
    }
}
