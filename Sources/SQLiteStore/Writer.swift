import Core
import Foundation
import GRDB

/// Writes groups. It belongs to the database's queue, which is the guard of everything in it.
final class Writer: @unchecked Sendable {
    /// nil once the store is closed: SQLite does not close while there are statements.
    private var prepared: WriterStatements?
    private let head: HeadFile
    private var chain: ChainHead
    private var latest: Moment
    private var period: SpendingPeriod?
    private var full = false
    /// A synced group is on its way.
    var syncAwaited = false

    /// `latest` is the newest time in any row.
    init(_ db: Database, head: HeadFile, chain: ChainHead, latest: Moment) throws {
        prepared = try WriterStatements(db)
        (self.head, self.chain, self.latest) = (head, chain, latest)
    }

    /// Writes everything of the group in one transaction, or nothing.
    ///
    /// With `sync` it waits for the disk, as every group does that needs it, and one a second so that the head file
    /// keeps up.
    func commit(_ group: Group, _ db: Database, sync asked: Bool = false) throws {
        let sync = asked || group.needsSync || head.isDue
        try setSynchronous(full: sync, db)
        let before = chain
        let latestBefore = latest
        do {
            try db.inTransaction(.immediate) {
                try write(group, db, sync: sync)
                return .commit
            }
        } catch {
            (chain, latest) = (before, latestBefore)
            throw error
        }
        period = group.period
        if sync { head.write(chain) } else if chain != before { head.fallBehind() }
    }

    /// Whether rows wait for a synced group to count them in the head file.
    var wantsSync: Bool { head.isBehind }

    /// Why the head file is behind, when it has been for long.
    var headFailure: StoreFailure? { head.failure() }

    /// Rows that the head file counts.
    var written: Int64 { head.chain.rows }

    func allowPruning(upTo end: ChainHead) throws { try head.allowPruning(upTo: end) }

    private var statements: WriterStatements {
        get throws {
            guard let prepared else { throw StoreFailure("closed") }
            return prepared
        }
    }

    /// Syncs everything, brings the head file up to date and lets the database go, at a clean close.
    func finish(_ db: Database) throws {
        defer { prepared = nil }
        try setSynchronous(full: true, db)
        try statements.synced(chain.rows)
        head.write(chain, durable: true)
    }

    /// Appends a row to the chain; its columns repeat what the filters need.
    private func append(_ row: AuditRow) throws {
        let (bytes, columns) = (row.bytes, row.columns)
        chain.append(bytes)
        latest = max(latest, columns.time)
        try statements.audit(columns, bytes, chain, latest: latest)
        if latest - columns.time > AuditBounds.slack { try statements.steppedBack(chain.rows) }
    }

    private func write(_ group: Group, _ db: Database, sync: Bool) throws {
        for item in group.items { try write(item, db) }
        let statements = try statements
        for entry in group.accounts { try statements.account(entry) }
        if group.period != period { try statements.period(group.period) }
        if group.dropped > 0 {
            let text = "\(group.dropped) refusals were not recorded: too many at once"
            try append(.note(AuditNote(at: latest, text: text)))
        }
        // A commit without a change syncs nothing, and rows of groups before this one may wait for it.
        if sync { try statements.synced(chain.rows) }
    }

    private func write(_ item: Item, _ db: Database) throws {
        let statements = try statements
        switch item {
        case .hold(let hold, var decision, let use, _):
            (decision.estimate, decision.room) = (hold.estimate, hold.room)
            try append(.decision(decision))
            if hold.estimate > .zero { try statements.hold(hold, decision) }
            Failpoint.holdInTransaction.reach(if: hold.estimate > .zero)
            if let use { try statements.use(use, hold) }
        case .close(let hold, let closing, let outcome, let seen):
            try append(.outcome(outcome))
            if let seen { try remember(seen, hold) }
            if hold.estimate > .zero {
                try statements.close(hold, closing)
                Failpoint.settleInTransaction.reach()
            } else if closing.spent > .zero {
                try spendUnheld(hold, closing, db)
            }
        case .refusal(let decision, let day):
            try append(.decision(decision))
            var sum = SpendSum()
            sum.refused = 1
            try statements.spend(decision, day: day, sum)
        case .put(let put, _): try statements.put(put)
        case .note(let note): try append(.note(note))
        case .flush: break
        }
    }

    /// Puts on record what is known now of the vendor's object.
    private func remember(_ seen: ObjectSeen, _ hold: Hold) throws {
        var record = try statements.object(seen.key) ?? ObjectRecord()
        let before = record
        record.apply(seen, to: hold.covers.map(\.account))
        if record != before { try statements.object(seen.key, record, at: latest) }
    }

    /// It was to cost nothing, but did: only its record knows whose it was.
    private func spendUnheld(_ hold: Hold, _ closing: Closing, _ db: Database) throws {
        let sql = "SELECT row FROM audit WHERE request = ? AND kind = 0"
        let row = try Data.fetchOne(db.cachedStatement(sql: sql), arguments: [hold.requestID.text])
        guard case .decision(let decision)? = row.flatMap({ AuditRow(bytes: Array($0)) }) else { return }
        var sum = SpendSum()
        (sum.requests, sum.spent) = (1, closing.spent)
        try statements.spend(decision, day: hold.period.day, sum)
    }

    /// Only works between transactions.
    private func setSynchronous(full: Bool, _ db: Database) throws {
        guard full != self.full else { return }
        try db.execute(sql: full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
        self.full = full
    }
}
