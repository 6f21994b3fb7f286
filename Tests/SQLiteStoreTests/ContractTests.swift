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

/// A temporary folder that goes away with its last user.
final class Folder: Sendable {
    let path: String

    /// In memory where hundreds of them are made, which syncs in no time.
    init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let files = FileManager.default
        let parent = inMemory && files.isWritableFile(atPath: memory.path) ? memory : files.temporaryDirectory
        path = parent.appendingPathComponent("store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/store.db" }
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
        let files = FileManager.default
        let copy = folder.path + ".crash"
        try files.copyItem(atPath: folder.path, toPath: copy)
        await close(store)
        for name in try files.contentsOfDirectory(atPath: folder.path) {
            try files.removeItem(atPath: folder.path + "/" + name)
        }
        for name in try files.contentsOfDirectory(atPath: copy) {
            try files.moveItem(atPath: copy + "/" + name, toPath: folder.path + "/" + name)
        }
        try files.removeItem(atPath: copy)
    }
}
