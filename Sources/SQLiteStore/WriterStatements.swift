import Core
import GRDB

/// The statements of the hot path, prepared once.
final class WriterStatements {
    private let insertAudit: Prepared
    private let insertHold: Prepared
    private let deleteHold: Prepared
    private let doubtHold: Prepared
    private let spendHold: Prepared
    private let spendOther: Prepared
    private let upsertAccount: Prepared
    private let upsertFact: Prepared
    private let upsertKey: Prepared
    private let upsertRun: Prepared
    private let insertBlock: Prepared
    private let deleteBlock: Prepared
    private let upsertStop: Prepared
    private let deleteStop: Prepared
    private let upsertUse: Prepared
    private let insertRepetition: Prepared
    private let selectObject: Prepared
    private let upsertObject: Prepared
    private let upsertBudgetChange: Prepared
    private let deleteBudgetChange: Prepared

    init(_ db: Database) throws {
        insertAudit = try Prepared(
            db,
            """
            INSERT INTO audit (seq, kind, request, time, latest, run, key, label, vendor, code, row, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        insertHold = try Prepared(
            db,
            """
            INSERT INTO holds
            (request, amount, in_doubt, at, day, month, run, key, label, vendor, operation, evidence, accounts, policy,
             tags, object, base)
            VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?)
            """)
        spendHold = try Prepared(db, SpendRow.addHold)
        spendOther = try Prepared(db, SpendRow.add)
        deleteHold = try Prepared(db, "DELETE FROM holds WHERE request = ?")
        doubtHold = try Prepared(db, "UPDATE holds SET in_doubt = 1, evidence = ? WHERE request = ?")
        upsertAccount = try Prepared(db, Self.upsert("accounts", AccountRow.columns))
        upsertFact = try Prepared(db, Self.upsert("facts", ["name", "value"]))
        upsertKey = try Prepared(db, Self.upsert("keys", KeyRow.columns))
        upsertRun = try Prepared(db, Self.upsert("runs", RunRow.columns))
        insertBlock = try Prepared(db, "INSERT OR IGNORE INTO blocks (run, vendor) VALUES (?, ?)")
        deleteBlock = try Prepared(db, "DELETE FROM blocks WHERE run = ? AND vendor = ?")
        upsertStop = try Prepared(db, Self.upsert("stops", StopRow.columns))
        upsertUse = try Prepared(db, Self.upsert("idempotent_uses", IdempotentUseRow.columns))
        insertRepetition = try Prepared(
            db, "INSERT OR IGNORE INTO idempotent_repetitions (first, request, expires) VALUES (?, ?, ?)")
        selectObject = try Prepared(db, ObjectRow.selection)
        upsertObject = try Prepared(db, Self.upsert("objects", ObjectRow.columns))
        upsertBudgetChange = try Prepared(db, Self.upsert("budget_changes", BudgetChangeRow.columns))
        deleteBudgetChange = try Prepared(db, "DELETE FROM budget_changes WHERE id = ?")
        deleteStop = try Prepared(db, "DELETE FROM stops WHERE id = ?")
    }

    private static func upsert(_ table: String, _ columns: [String]) -> String {
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT OR REPLACE INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks))"
    }

    func audit(_ columns: AuditColumns, _ bytes: [UInt8], _ chain: ChainHead, latest: Moment) throws {
        insertAudit.bind(chain.rows).bind(columns.kind?.rawValue).bind(columns.request)
            .bind(columns.time.microseconds).bind(latest.microseconds)
        insertAudit.bind(columns.run).bind(columns.key).bind(columns.label).bind(columns.vendor).bind(columns.code)
        try insertAudit.bind(bytes).bind(chain.hash).run()
    }

    func hold(_ hold: Hold, _ decision: DecisionRecord) throws {
        insertHold.bind(hold.requestID.text).bind(hold.estimate.micros).bind(decision.at.microseconds)
            .bind(Int64(hold.period.day)).bind(Int64(hold.period.month))
        insertHold.bind(decision.runID).bind(decision.keyID).bind(decision.label).bind(decision.vendor ?? "")
            .bind(decision.operation ?? "")
        try insertHold.bind(HoldRow.text(of: hold.covers)).bind(decision.policy).bind(decision.tags)
            .bind(hold.object?.key).bind(hold.object?.base.micros).run()
    }

    func object(_ key: String) throws -> ObjectRecord? { try ObjectRow.fetch(key, selectObject) }

    func object(_ key: String, _ record: ObjectRecord, at now: Moment) throws {
        try ObjectRow.bind(key, record, at: now, to: upsertObject).run()
    }

    func use(_ use: HoldEntry.Use, _ hold: Hold) throws {
        switch use {
        case .first(let use): try IdempotentUseRow.bind(use, to: upsertUse).run()
        case .repeats(let first):
            insertRepetition.bind(first.requestID.text).bind(hold.requestID.text)
            try insertRepetition.bind(first.ownedUntil.microseconds).run()
        }
    }

    /// A hold that is settled or released is gone: the sums count it, and the records tell its story.
    func close(_ hold: Hold, _ closing: Closing) throws {
        if case .inDoubt(let evidence) = closing {
            return try doubtHold.bind(evidence).bind(hold.requestID.text).run()
        }
        try spendHold.bind(closing.spent.micros).bind(hold.requestID.text).run()
        try deleteHold.bind(hold.requestID.text).run()
    }

    /// Counts a request that had no hold.
    func spend(_ decision: DecisionRecord, day: Int32, _ sum: SpendSum) throws {
        spendOther.bind(Int64(day)).bind(decision.vendor ?? "").bind(decision.policy ?? "").bind(decision.label ?? "")
            .bind(decision.runID ?? "").bind(decision.keyID ?? "").bind(decision.tags ?? "")
        try spendOther.bind(sum.requests).bind(sum.refused).bind(sum.spent.micros).run()
    }

    func account(_ entry: Balances.Entry) throws {
        upsertAccount.bind(entry.account.id).bind(entry.account.kind.rawValue).bind(entry.account.title)
            .bind(Int64(entry.period.day)).bind(entry.today).bind(Int64(entry.period.month)).bind(entry.month)
            .bind(entry.total)
        try upsertAccount.run()
    }

    func period(_ period: SpendingPeriod) throws {
        try upsertFact.bind(Fact.day).bind(Int64(period.day)).run()
        try upsertFact.bind(Fact.month).bind(Int64(period.month)).run()
    }

    /// Up to which row times may lie more than an hour before the newest.
    func steppedBack(_ row: Int64) throws { try upsertFact.bind(Fact.steppedBack).bind(row).run() }

    /// Up to which row the disk has everything.
    func synced(_ rows: Int64) throws { try upsertFact.bind(Fact.synced).bind(rows).run() }

    func put(_ put: Put) throws {
        switch put {
        case .key(let key): try KeyRow.bind(key, to: upsertKey).run()
        case .run(let run): try RunRow.bind(run, to: upsertRun).run()
        case .block(let blocked, true): try insertBlock.bind(blocked.runID).bind(blocked.vendor).run()
        case .block(let blocked, false): try deleteBlock.bind(blocked.runID).bind(blocked.vendor).run()
        case .stop(let stop): try StopRow.bind(stop, to: upsertStop).run()
        case .lift(let stopID): try deleteStop.bind(stopID).run()
        case .budgetChange(let change): try BudgetChangeRow.bind(change, to: upsertBudgetChange).run()
        case .configuredBudget(let id): try deleteBudgetChange.bind(id).run()
        }
    }
}

/// What `audit.kind` says.
enum AuditKind: Int64 { case decision = 0, outcome = 1, note = 2 }

/// Names in the table of single facts.
enum Fact {
    static let store = "store"
    static let day = "day"
    static let month = "month"
    static let synced = "synced"
    /// The time that was told last.
    static let clock = "clock"
    static let steppedBack = "stepped_back"
    /// Where the chain begins, once rows were pruned.
    static let anchor = "anchor"
}

/// A change of the vault's tables.
enum Put: Sendable {
    case key(VaultKey)
    case run(Run)
    case block(VaultContents.RunVendor, Bool)
    case stop(Stop)
    case lift(stopID: String)
    case budgetChange(BudgetChange)
    /// The configured caps again.
    case configuredBudget(String)
}

extension Prepared {
    @discardableResult
    func bind(_ sums: Balance.Sums) -> Self {
        bind(sums.spent.micros).bind(sums.held.micros).bind(sums.inDoubt.micros)
    }
}
