import Core
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

    /// - Parameter latest: the newest time in any row.
    init(_ db: Database, head: HeadFile, chain: ChainHead, latest: Moment) throws {
        prepared = try WriterStatements(db)
        (self.head, self.chain, self.latest) = (head, chain, latest)
    }

    /// Writes everything of the group in one transaction, or nothing.
    /// - Parameter now: when a second has passed since the head file was written, this group is synced as well.
    func commit(_ group: Group, _ db: Database, now: Moment, sync asked: Bool = false) throws {
        let sync = asked || group.needsSync || head.isDue(now)
        try setSynchronous(full: sync, db)
        let (chainBefore, latestBefore) = (chain, latest)
        do {
            try db.inTransaction(.immediate) {
                try write(group, sync: sync)
                return .commit
            }
        } catch {
            (chain, latest) = (chainBefore, latestBefore)
            throw error
        }
        period = group.period
        if sync { head.write(chain, now: now) } else { head.rowsWritten(chain != chainBefore) }
    }

    private var statements: WriterStatements {
        get throws {
            guard let prepared else { throw StoreFailure("closed") }
            return prepared
        }
    }

    /// Syncs everything, brings the head file up to date and lets the database go, at a clean close.
    func finish(_ db: Database, now: Moment) throws {
        defer { prepared = nil }
        try setSynchronous(full: true, db)
        try statements.synced(chain.rows)
        head.write(chain, now: now, durable: true)
    }

    /// Appends a row to the chain; its columns repeat what the filters need.
    func append(_ row: AuditRow) throws {
        let bytes = row.bytes
        chain.append(bytes)
        latest = max(latest, row.at)
        try statements.audit(row, bytes, chain, latest: latest)
    }

    private func write(_ group: Group, sync: Bool) throws {
        for item in group.items { try write(item) }
        let statements = try statements
        for entry in group.accounts { try statements.account(entry) }
        if group.period != period { try statements.period(group.period) }
        // A commit without a change syncs nothing, and rows of groups before this one may wait for it.
        if sync { try statements.synced(chain.rows) }
    }

    private func write(_ item: Item) throws {
        let statements = try statements
        switch item {
        case .hold(let hold, var decision, _):
            (decision.estimate, decision.room) = (hold.estimate, hold.room)
            try append(.decision(decision))
            if hold.estimate > .zero { try statements.hold(hold, decision) }
        case .close(let hold, let closing, let outcome):
            try append(.outcome(outcome))
            if hold.estimate > .zero { try statements.close(hold, closing) }
        case .refusal(let decision): try append(.decision(decision))
        case .put(let put, _): try statements.put(put)
        case .note(let note): try append(.note(note))
        case .flush: break
        }
    }

    /// Only works between transactions.
    private func setSynchronous(full: Bool, _ db: Database) throws {
        guard full != self.full else { return }
        try db.execute(sql: full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
        self.full = full
    }
}

extension AuditRow {
    var at: Moment {
        switch self {
        case .decision(let record): record.at
        case .outcome(let record): record.at
        case .note(let note): note.at
        }
    }
}
