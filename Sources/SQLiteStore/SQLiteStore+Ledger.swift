package import Core
import GRDB
import NIOConcurrencyHelpers

extension SQLiteStore: Ledger {
    package func hold(_ entry: HoldEntry) async throws(Refusal) -> Hold {
        let now = clock()
        let answer = await withCheckedContinuation { (waiter: HoldWaiter) in
            let (refusal, due) = books.withLockedValue { ($0.hold(entry, at: now, waiter), $0.schedule()) }
            if due { send() }
            if let refusal { waiter.resume(returning: .failure(refusal)) }
        }
        return try answer.get()
    }

    @discardableResult
    package func close(_ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord) -> Money? {
        let now = clock()
        let (room, due) = books.withLockedValue { ($0.close(hold, closing, outcome, at: now), $0.schedule()) }
        if due { send() }
        return room
    }

    package func record(_ refusal: DecisionRecord) {
        let due = books.withLockedValue { books in
            books.record(refusal)
            return books.schedule()
        }
        if due { send() }
    }

    package func balances(_ accounts: [Account]) -> [Balance] {
        let now = clock()
        return books.withLockedValue { books in
            books.balances.advance(to: books.days.at(now))
            return accounts.map { books.balances.balance($0) }
        }
    }

    package func holds(inDoubtOnly: Bool) async throws(StoreFailure) -> [OpenHold] {
        try await onQueue { db in
            let sql = "SELECT * FROM holds WHERE in_doubt >= ? ORDER BY at, request"
            return try Row.fetchAll(db, sql: sql, arguments: [inDoubtOnly ? 1 : 0]).map(HoldRow.openHold)
        }
    }

    package func flush() async { _ = await write { .flush($0) } }

    /// Queues something that waits for its group, and waits.
    func write(_ item: @Sendable (Waiter) -> Item) async -> StoreFailure? {
        await withCheckedContinuation { waiter in
            let (closed, due) = books.withLockedValue { books in
                if !books.closed { books.queue.append(item(waiter)) }
                return (books.closed, books.schedule())
            }
            if closed { waiter.resume(returning: StoreFailure("closed")) }
            if due { send() }
        }
    }
}
