import Core
import Foundation
import SQLiteStore
import StoreContract
import Testing

@Suite struct `The SQLite store keeps the contract` {
    @Test(arguments: Fact.ledger) func `of the books`(_ fact: Fact) async throws { try await check(fact) }

    @Test(arguments: Fact.vault) func `of the vault`(_ fact: Fact) async throws { try await check(fact) }

    @Test(arguments: Fact.audit) func `of the records`(_ fact: Fact) async throws { try await check(fact) }

    @Test(arguments: Fact.spend) func `of the sums`(_ fact: Fact) async throws { try await check(fact) }

    @Test(arguments: Fact.random) func `of the books, at random`(_ fact: Fact) async throws {
        try await fact.holds(SQLiteHarness(folder: try Folder(inMemory: true)))
    }

    private func check(_ fact: Fact) async throws {
        let folder = try Folder()
        try await fact.holds(SQLiteHarness(folder: folder))
    }
}

/// The store on real files; a crash is played by copying the files of a running store to where the next one opens.
final class SQLiteHarness: Harness {
    private let folder: Folder

    init(folder: Folder) { self.folder = folder }

    func open(_ calendar: SpendingCalendar, _ clock: @escaping Clock) async throws -> any Store {
        try SQLiteStore.open(path: folder.database, calendar: calendar, clock: clock)
    }

    func close(_ store: any Store) async { await (store as? SQLiteStore)?.close() }

    /// What `kill -9` leaves is the files as they are at that moment.
    func crash(_ store: any Store) async throws {
        let left = try folder.snapshot()
        await close(store)
        try folder.replace(with: left)
    }
}
