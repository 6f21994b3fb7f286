package import Core
import Foundation
import GRDB
import NIOConcurrencyHelpers
import Logging

/// The books, keys, runs and records of one sidecar, in one SQLite file.
///
/// Holds are checked against sums in memory, under one lock, and become durable in groups: whatever arrives while one
/// transaction is written shares the next. The database's queue does all reading and writing.
package final class SQLiteStore: Sendable {
    let database: DatabaseQueue
    let books: Guarded<Books>
    let writer: Writer
    let clock: Clock
    let log: Logger
    let headPath: String
    /// The database and its log, as they were opened.
    private let files: [OpenFile]

    init(database: DatabaseQueue, books: Books, writer: Writer, clock: @escaping Clock, log: Logger, headPath: String) {
        (self.database, self.books, self.writer) = (database, Guarded(books), writer)
        (self.clock, self.log, self.headPath) = (clock, log, headPath)
        files = ["", "-wal"].compactMap { OpenFile(database.path + $0) }
    }

    /// Why nothing can be written at the moment; nil when all is well.
    package var failure: StoreFailure? { books.withLockedValue { $0.lost ?? $0.failure } }

    /// What the operator must look after: `failure`, or records whose head can't be kept.
    package var trouble: StoreFailure? { books.withLockedValue { $0.lost ?? $0.failure ?? $0.headFailure } }

    /// Looks whether the database is still where it was opened. Once it is not, what is written goes to a file that
    /// nobody will open again, so nothing more is taken until the next start.
    package func checkFile() {
        guard let gone = files.first(where: { !$0.isThere }) else { return }
        let failure = StoreFailure("the database file was removed or replaced: \(gone.path)")
        let known = books.withLockedValue { books in
            defer { books.lost = books.lost ?? failure }
            return books.closed || books.lost != nil
        }
        if !known { log.error("the store is lost", metadata: ["cause": "\(failure.cause)"]) }
    }

    /// Writes what is queued and closes the file. The store can't be used after it.
    package func close() async {
        books.withLockedValue { $0.closed = true }
        try? await onQueue { [self] db in
            drain(db)
            try writer.finish(db)
        }
        try? database.close()
    }

    /// Sends for a group, when one is due.
    func send() {
        database.asyncWriteWithoutTransaction { [self] db in
            gather()
            drain(db)
        }
    }

    /// Whoever is about to queue something gets to do it, as long as more comes: one transaction for many costs little
    /// more than for one.
    private func gather() {
        var before = 0
        for _ in 0..<Self.yields {
            sched_yield()
            let queued = books.withLockedValue { $0.queue.count }
            guard queued > before else { return }
            before = queued
        }
    }

    private static let yields = 8

    /// Sends for a group in a while, for what nobody waits for; most often another takes it along.
    func sendSoon() {
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.soon) { [weak self] in
            guard let self else { return }
            let due = books.withLockedValue { books in
                books.awaited = false
                return books.schedule()
            }
            if due { send() }
        }
    }

    /// How long the row of what already happened may take to be on its way.
    private static let soon = DispatchTimeInterval.milliseconds(5)

    /// Writes everything that is queued, in one transaction, and wakes who waits for it.
    func drain(_ db: Database, sync: Bool = false) {
        let group = books.withLockedValue { $0.takeGroup() }
        guard sync || !group.items.isEmpty else { return }
        do {
            try writer.commit(group, db, sync: sync)
            Failpoint.afterSettle.reach(if: group.items.contains(where: \.settles))
            let headFailure = writer.headFailure
            let recovered = books.withLockedValue { books in
                books.headFailure = headFailure
                return books.succeed(group)
            }
            if recovered { log.notice("the store can be written again") }
            warmUp(group, db)
            group.resume(nil)
            if writer.wantsSync { syncLater() }
        } catch {
            refuse(group, StoreFailure(error))
        }
    }

    private func refuse(_ group: Group, _ failure: StoreFailure) {
        let known = books.withLockedValue { books in
            defer { books.fail(group, failure) }
            return books.failure == failure
        }
        if !known { log.error("the store can't be written", metadata: ["cause": "\(failure.cause)"]) }
        group.resume(failure)
        syncLater()
    }

    /// Sends a synced group in a while, also when nobody else sends one: it brings the head file up to date, and tries
    /// again what could not be written.
    private func syncLater() {
        guard !writer.syncAwaited else { return }
        writer.syncAwaited = true
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in
            guard let self, !books.withLockedValue({ $0.closed }) else { return }
            database.asyncWriteWithoutTransaction { [self] db in
                writer.syncAwaited = false
                if writer.wantsSync || failure != nil { drain(db, sync: true) }
            }
        }
    }

    /// Runs on the database's queue, between groups. A cancelled task does not cancel it.
    func onQueue<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StoreFailure) -> T {
        let result = await withCheckedContinuation { (waiter: CheckedContinuation<Result<T, StoreFailure>, Never>) in
            database.asyncWriteWithoutTransaction { [self] db in
                // What is asked for includes everything that happened before.
                drain(db)
                do {
                    waiter.resume(returning: .success(try body(db)))
                } catch {
                    waiter.resume(returning: .failure(StoreFailure(error)))
                }
            }
        }
        return try result.get()
    }
}
