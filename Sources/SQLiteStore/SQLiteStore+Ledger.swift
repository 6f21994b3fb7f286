package import Core
import GRDB
import Logging
import NIOConcurrencyHelpers

extension SQLiteStore: Ledger {
    package func hold(_ entry: HoldEntry) async throws(Refusal) -> Hold {
        let answer = await withCheckedContinuation { (waiter: HoldWaiter) in
            if !holdInMemory(entry, waiter) { loadAndHold(entry, waiter) }
        }
        return try answer.get()
    }

    /// False when an account is not in memory: nothing happened then.
    private func holdInMemory(_ entry: HoldEntry, _ waiter: HoldWaiter) -> Bool {
        let now = clock()
        let (known, refusal, due) = books.withLockedValue { books -> (Bool, Refusal?, Bool) in
            guard books.balances.knows(entry.covers) else { return (false, nil, false) }
            return (true, books.hold(entry, at: now, waiter), books.schedule())
        }
        if due { send() }
        if let refusal { waiter.resume(returning: .failure(refusal)) }
        return known
    }

    /// On the database's queue, where accounts are forgotten as well: what is loaded here is still there for the hold.
    private func loadAndHold(_ entry: HoldEntry, _ waiter: HoldWaiter) {
        database.asyncWriteWithoutTransaction { [self] db in
            do {
                try restore(entry.covers.map(\.account), db)
                _ = holdInMemory(entry, waiter)
            } catch {
                waiter.resume(returning: .failure(.storeUnavailable(StoreFailure(error).cause)))
            }
        }
    }

    /// Brings the accounts of new keys into memory: many a key is made for one request, which then need not wait for it.
    func warmUp(_ group: Group, _ db: Database) {
        let accounts = group.items.compactMap { item in
            if case .put(.key(let key), _) = item {
                Account(kind: .key, id: "key:\(key.id)", title: "key \(key.id)")
            } else {
                nil
            }
        }
        // Without it the first hold loads them.
        if !accounts.isEmpty { try? restore(accounts, db) }
    }

    /// Brings accounts into memory. Those that were never used count nothing.
    private func restore(_ accounts: [Account], _ db: Database) throws {
        let missing = books.withLockedValue { $0.balances.missing(accounts) }
        let stored = try missing.map { try AccountRow.fetch($0, db) }
        books.withLockedValue { books in
            for (account, entry) in zip(missing, stored) {
                books.balances.restore(entry ?? Balances.Entry(account: account, period: books.balances.period))
            }
        }
    }

    @discardableResult
    package func close(_ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord, _ seen: ObjectSeen?) -> Money? {
        let now = clock()
        // A crash forgets what is not written: more than was held must not wait.
        let urgent = closing.exceeds(hold)
        let (room, due) = books.withLockedValue { books in
            (books.close(hold, closing, outcome, seen, at: now), urgent ? books.schedule() : books.scheduleSoon())
        }
        if due { urgent ? send() : sendSoon() }
        return room
    }

    package func record(_ refusal: DecisionRecord) {
        let due = books.withLockedValue { books in
            books.record(refusal)
            return books.scheduleSoon()
        }
        if due { sendSoon() }
    }

    package func note(_ note: AuditNote) {
        let due = books.withLockedValue { books in
            // Not bounded like refusals: each took an operator.
            if !books.closed { books.queue.append(.note(note)) }
            return books.schedule()
        }
        if due { send() }
    }

    package func balances(_ accounts: [Account]) -> [Balance] {
        if let known = balancesInMemory(accounts) { return known }
        return database.writeWithoutTransaction { db in
            do { try restore(accounts, db) } catch {
                log.error("balances can't be read", metadata: ["cause": "\(error)"])
            }
            return balancesInMemory(accounts) ?? accounts.map { Balance(account: $0) }
        }
    }

    private func balancesInMemory(_ accounts: [Account]) -> [Balance]? {
        let now = clock()
        return books.withLockedValue { books in
            books.balances.advance(to: books.days.at(now))
            guard books.balances.missing(accounts).isEmpty else { return nil }
            return accounts.map { books.balances.balance($0) }
        }
    }

    package func balances(prefix: String, after: String?, limit: Int) async throws(StoreFailure) -> [Balance] {
        let now = clock()
        let period = books.withLockedValue { books in
            books.balances.advance(to: books.days.at(now))
            return books.balances.period
        }
        return try await onQueue { db in
            try AccountRow.fetch(prefix: prefix, after: after, limit: limit, db).map { Balance($0, now: period) }
        }
    }

    package func holds(inDoubtOnly: Bool) async throws(StoreFailure) -> [OpenHold] {
        try await onQueue { db in
            let sql = "SELECT * FROM holds WHERE in_doubt >= ? ORDER BY at, request"
            return try Row.fetchAll(db, sql: sql, arguments: [inDoubtOnly ? 1 : 0]).map(HoldRow.openHold)
        }
    }

    package func decide(_ requestID: String, _ verdict: Verdict) async throws(StoreFailure) -> OpenHold? {
        try await onQueue { [self] db in
            // With a decision still unwritten the row below would be decided twice.
            if let failure { throw failure }
            let sql = "SELECT * FROM holds WHERE request = ? AND in_doubt = 1"
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [requestID]) else { return nil }
            let (hold, open) = (try HoldRow.hold(row), HoldRow.openHold(row))
            try restore(hold.covers.map(\.account), db)
            let outcome = verdict.outcome(hold, at: clock(), since: open.at)
            books.withLockedValue { $0.decide(hold, verdict.closing(hold.estimate), outcome) }
            drain(db, sync: true)
            if let failure { throw failure }
            return open
        }
    }

    package func flush() async { _ = await write { .flush($0) } }

    /// Queues something that waits for its group, and waits.
    func write(_ item: @Sendable (Waiter) -> Item) async -> StoreFailure? {
        await withCheckedContinuation { waiter in
            let (refusing, due) = books.withLockedValue { books in
                if books.refusing == nil { books.queue.append(item(waiter)) }
                return (books.refusing, books.schedule())
            }
            if let refusing { waiter.resume(returning: refusing) }
            if due { send() }
        }
    }
}
