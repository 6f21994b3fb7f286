package import Core
import Foundation
import GRDB
package import Logging

extension SQLiteStore {
    /// Opens the store, or makes it (0600), and takes it for this process alone.
    ///
    /// Every hold that still waited for its answer is in doubt from here on: nobody will ever hear that answer.
    /// `audit.head` lies beside the database. One that has fewer rows than `audit.head` counts is an older copy: what was
    /// spent since is not in its books, so it fails; `acceptOlderCopy` goes on all the same, and says so in the records.
    package static func open(
        path: String, calendar: SpendingCalendar = .utc, clock: @escaping Clock,
        log: Logger = Logger(label: "store"), acceptOlderCopy: Bool = false
    ) throws(StoreFailure) -> SQLiteStore {
        do {
            let opening = Opening(path: path, calendar: calendar, clock: clock, log: log)
            return try opening.store(acceptOlderCopy: acceptOlderCopy)
        } catch {
            let failure = StoreFailure(error)
            throw StoreFailure("\(path): \(failure.cause)")
        }
    }
}

/// The steps of opening a store.
struct Opening {
    let path: String
    let calendar: SpendingCalendar
    let clock: Clock
    let log: Logger

    func store(acceptOlderCopy: Bool) throws -> SQLiteStore {
        try makeFile()
        let database = try DatabaseQueue(path: path, configuration: Self.configuration)
        try Schema.migrate(database)
        let now = clock()
        let headPath = Self.headPath(path)
        let (books, writer) = try database.writeWithoutTransaction { db in
            try Self.assertPragmas(db)
            let store = try storeName(db)
            let last = try LastRow(db)
            var content = try HeadFile.read(path: headPath)
            let trouble = try last.trouble(content, store: store, db)
            if let trouble {
                guard acceptOlderCopy else { throw StoreFailure(trouble) }
                content = HeadFile.Content(store: store, chain: last.chain, pruned: try Anchor(db).chain)
            }
            var books = try loadBooks(db, now: now)
            let head = try HeadFile(path: headPath, store: store, content)
            let writer = try Writer(db, head: head, chain: last.chain, latest: last.latest)
            try recover(&books, writer, db, now: now, trouble)
            return (books, writer)
        }
        return SQLiteStore(
            database: database, books: books, writer: writer, clock: clock, log: log, headPath: headPath)
    }

    static func headPath(_ path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("audit.head").path
    }

    /// SQLite gives its other files the rights of this one. An existing file is not opened here: closing it would drop
    /// the locks of a store that this process has open (POSIX locks belong to the process).
    private func makeFile() throws {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            Foundation.close(descriptor)
        } else if errno == EEXIST {
            chmod(path, 0o600)
        } else {
            throw StoreFailure(String(cString: strerror(errno)))
        }
    }

    /// One connection which has the file for itself: with it SQLite needs no shared memory, and versions before 3.51.3
    /// can't corrupt the log.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "cofferdam.store"
        configuration.busyMode = .immediateError
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = 1
        configuration.prepareDatabase { db in
            // Before the first read: the log is then never shared.
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            try db.execute(sql: "PRAGMA cache_size = -32000")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        return configuration
    }

    /// What durability and exclusion rest on is asked back, not believed.
    private static func assertPragmas(_ db: Database) throws {
        for (pragma, expected) in [("journal_mode", "wal"), ("locking_mode", "exclusive"), ("synchronous", "1")] {
            let value = try String.fetchOne(db, sql: "PRAGMA \(pragma)") ?? ""
            guard value == expected else { throw StoreFailure("PRAGMA \(pragma) is \(value), not \(expected)") }
        }
    }

    /// The store's own name, made with it; the head file bears it as well.
    private func storeName(_ db: Database) throws -> String {
        try db.execute(
            sql: "INSERT OR IGNORE INTO facts (name, value) VALUES (?, ?)",
            arguments: [Fact.store, String(bytes: Random.letters(12))])
        return try String.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.store]) ?? ""
    }

    private func loadBooks(_ db: Database, now: Moment) throws -> Books {
        let day = try Int32.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.day])
        let month = try Int32.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.month])
        var latest: SpendingPeriod?
        if let day, let month { latest = SpendingPeriod(day: day, month: month) }
        let days = ForwardPeriod(calendar, latest: latest, now: now)
        return Books(balances: Balances(period: days.latest), days: days)
    }

    /// Puts what a crash left open in doubt, and says what else was found, in one transaction. It is written even when
    /// there is nothing to say: from then on all rows are on the disk, and the head file may count them.
    private func recover(
        _ books: inout Books, _ writer: Writer, _ db: Database, now: Moment, _ trouble: String?
    ) throws {
        var items: [Item] = trouble.map { [.note(AuditNote(at: now, text: "opened all the same: \($0)"))] } ?? []
        for row in try Row.fetchAll(db, sql: "SELECT * FROM holds WHERE in_doubt = 0 ORDER BY at, request") {
            let hold = try HoldRow.hold(row)
            for account in books.balances.missing(hold.covers.map(\.account)) {
                // Without its row a hold would leave an account that counts less than it did.
                guard let entry = try AccountRow.fetch(account, db) else {
                    throw StoreFailure("damaged: no sums of \(account.title)")
                }
                books.balances.restore(entry)
            }
            books.balances.close(hold, .inDoubt(evidence: Self.crash))
            let doubt = Closing.inDoubt(evidence: Self.crash)
            items.append(.close(hold, doubt, outcome(of: hold, row, now: now), hold.object?.after(doubt)))
        }
        if !items.isEmpty { log.warning("holds without an answer are in doubt", metadata: ["holds": "\(items.count)"]) }
        let group = Group(items: items, accounts: books.balances.takeChanged(), period: books.balances.period)
        try writer.commit(group, db, sync: true)
    }

    private static let crash = "crash: no answer was recorded before the restart"

    private func outcome(of hold: Hold, _ row: Row, now: Moment) -> OutcomeRecord {
        let since = Moment(microseconds: row["at"])
        var outcome = OutcomeRecord(
            at: now, requestID: hold.requestID, result: "in_doubt", cost: .zero, duration: max(now - since, .seconds(0))
        )
        outcome.evidence = Self.crash
        return outcome
    }
}

/// The last row of the records.
struct LastRow {
    var chain = ChainHead.empty
    var latest = Moment(microseconds: 0)

    init(_ db: Database) throws {
        let sql = "SELECT seq, hash, latest FROM audit ORDER BY seq DESC LIMIT 1"
        guard let row = try Row.fetchOne(db, sql: sql) else { return }
        chain = ChainHead(rows: row["seq"], hash: Array(row["hash"] as Data))
        latest = Moment(microseconds: row["latest"])
    }

    /// What the head file knows better than the database; nil when they agree.
    func trouble(_ head: HeadFile.Content?, store: String, _ db: Database) throws -> String? {
        guard let head else { return chain.rows == 0 ? nil : "audit.head is missing" }
        guard head.store == store else { return "audit.head belongs to another store" }
        guard head.chain.rows <= chain.rows else {
            return "rows missing after \(chain.rows): the head file counts \(head.chain.rows) (older copy, or cut)"
        }
        if let trouble = Opening.trouble(try Anchor(db), allowed: head.pruned) { return trouble }
        guard head.chain.rows > 0 else { return nil }
        let hash = try Data.fetchOne(db, sql: "SELECT hash FROM audit WHERE seq = ?", arguments: [head.chain.rows])
        return hash.map { Array($0) } == head.chain.hash
            ? nil : "row \(head.chain.rows) is not the one that the head file knows (older copy, or changed)"
    }
}
