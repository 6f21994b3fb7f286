import Core
import Foundation
import NIOConcurrencyHelpers
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `Accounts that were not used for a while` {
    let folder: Folder
    let clock = SetClock()

    init() throws { folder = try Folder() }

    private func open() throws -> SQLiteStore {
        try SQLiteStore.open(path: folder.database, clock: { [clock] in clock.now })
    }

    private func spend(_ store: SQLiteStore, _ covers: [Cover]) async throws {
        let hold = try await store.hold(.example(.dollars(4), covers))
        store.close(hold, .settled(.dollars(4)), .example(hold, cost: .dollars(4)))
    }

    @Test func `are in the store, not in memory, and count all the same`() async throws {
        let covers = [Cover.run("r", Caps(total: .dollars(10))), .key("k", Caps())]
        var store = try open()
        try await spend(store, covers)
        await store.close()
        store = try open()
        #expect(store.books.withLockedValue { $0.balances.count } == 0)
        try await spend(store, covers)
        await #expect(throws: Refusal.self) { try await spend(store, covers) }
        #expect(store.balances([.run("r")])[0].total.spent == .dollars(8))
        await store.close()
    }

    @Test func `are loaded once for many that come at the same time`() async throws {
        let covers = [Cover.run("r", Caps(total: .dollars(100)))]
        var store = try open()
        try await spend(store, covers)
        await store.close()
        store = try open()
        let accepted = await withTaskGroup(of: Bool.self) { [store] group in
            for _ in 0..<200 { group.addTask { (try? await store.hold(.example(.dollars(1), covers))) != nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(accepted == 96)
        await store.close()
    }

    @Test func `are forgotten when there are many, and come back with what they count`() async throws {
        let store = try open()
        let many = (0..<(Books.accountsKept + 50)).map { Account.key("\($0)") }
        try await spend(store, [.key("0", Caps(total: .dollars(10)))])
        let doubtful = try await store.hold(.example(.dollars(3), [.key("1", Caps())]))
        store.books.withLockedValue { books in
            for account in many {
                books.balances.restore(Balances.Entry(account: account, period: books.balances.period))
            }
        }
        clock.now = clock.now + .days(1)
        while store.books.withLockedValue({ !$0.balances.missing([many[0]]).isEmpty }) == false {
            try await spend(store, [.run("r", Caps())])
        }
        #expect(store.books.withLockedValue { $0.balances.missing([many[1]]).isEmpty }, "one with a hold stays")
        #expect(store.balances([many[0]])[0].total.spent == .dollars(4))
        store.close(doubtful, .inDoubt(evidence: "timeout"), .example(doubtful, "in_doubt"))
        #expect(store.balances([many[1]])[0].total.inDoubt == .dollars(3))
        await store.close()
    }

    @Test func `of a new key are in memory before its first request`() async throws {
        let store = try open()
        try await store.put(VaultKey.example("vk_1"))
        #expect(store.books.withLockedValue { $0.balances.missing([.key("vk_1")]).isEmpty })
        await store.close()
    }
}

@Suite struct `The head file` {
    @Test func `counts every row about a second later, without another request`() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        for number in 0..<3 {
            store.record(.example("req_\(number)", code: "host_not_allowed"))
            await store.flush()
        }
        let began = ContinuousClock.now
        while try HeadFile.read(path: store.headPath)?.chain.rows != 3 {
            try await Task.sleep(for: .milliseconds(20))
            guard .now - began < .seconds(20) else {
                Issue.record("the head file stays behind")
                break
            }
        }
        await store.close()
    }

    @Test func `is never ahead of what a synced commit left`() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        _ = try await store.hold(.example(.dollars(1), [.run("r", Caps())]))
        #expect(try HeadFile.read(path: store.headPath)?.chain.rows == 1)
        let began = ContinuousClock.now
        _ = try await store.hold(.example(.zero, [.run("r", Caps())]))
        let rows = try HeadFile.read(path: store.headPath)?.chain.rows
        // Within a second it follows by itself.
        if ContinuousClock.now - began < .milliseconds(900) {
            #expect(rows == 1, "a free request's row is not synced")
        }
        await store.close()
        #expect(try HeadFile.read(path: store.headPath)?.chain.rows == 2)
    }
}
