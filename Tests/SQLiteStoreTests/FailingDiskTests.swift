import CFaultyDisk
import Core
import Foundation
import StoreContract
import Testing

@testable import SQLiteStore

/// Every write, sync, truncation and new file of a short life fails in turn, once or from then on.
@Suite struct `A disk that fails at any operation` {
    /// SQLITE_FULL, SQLITE_IOERR_FSYNC.
    static let codes: [CInt] = [13, 1034]

    @Test(arguments: codes) func `loses no money when it fails once and the store goes on`(_ code: CInt) async throws {
        try await everyOperation(code, lasting: false) { folder, store, life in
            await store.flush()
            #expect(store.failure == nil)
            await store.close()
            let sum = try await counted(folder)
            #expect(sum == life.exactly)
        }
    }

    @Test(arguments: codes) func `loses no money when it fails for good and the program dies`(_ code: CInt)
        async throws
    {
        try await everyOperation(code, lasting: true) { folder, store, life in
            let copy = try folder.copied()
            await store.close()
            let sum = try await counted(copy)
            #expect(sum >= life.atLeast && sum <= life.atMost, "\(sum) is not in \(life.atLeast)...\(life.atMost)")
        }
    }

    @Test(arguments: codes) func `keeps what was in doubt when it fails as the store is opened`(_ code: CInt)
        async throws
    {
        try #require(faulty_disk_install() == 0)
        var (nth, reached): (Int64, Bool) = (1, true)
        while reached {
            let folder = try Folder(inMemory: true)
            let store = try SQLiteStore.open(path: folder.database, clock: { .start })
            let life = await Life(store)
            let copy = try folder.copied()
            await store.close()
            faulty_disk_arm(copy.path, nth, code, 0)
            let opened = try? SQLiteStore.open(path: copy.database, clock: { .start })
            reached = faulty_disk_disarm() >= nth
            await opened?.close()
            let sum = try await counted(copy)
            #expect(sum == life.exactly)
            nth += 1
        }
        #expect(nth > 5, "only \(nth) operations failed")
    }

    /// Plays the life with the first operation failing, with the second, and so on, until none is left to fail.
    private func everyOperation(
        _ code: CInt, lasting: Bool, _ check: (Folder, SQLiteStore, Life) async throws -> Void
    ) async throws {
        try #require(faulty_disk_install() == 0)
        var nth: Int64 = 1
        var reached = true
        while reached {
            let folder = try Folder(inMemory: true)
            let store = try SQLiteStore.open(path: folder.database, clock: { .start })
            faulty_disk_arm(folder.path, nth, code, lasting ? 1 : 0)
            let life = await Life(store)
            // Within what fails for good the program dies; otherwise the disk has failed by now, and works again.
            if lasting {
                try await check(folder, store, life)
                reached = faulty_disk_disarm() >= nth
            } else {
                reached = faulty_disk_disarm() >= nth
                try await check(folder, store, life)
            }
            nth += 1
        }
        #expect(nth > 20, "only \(nth) operations failed")
    }

    /// What counts on the account after another start, whose chain is intact.
    private func counted(_ folder: Folder) async throws -> Money {
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        guard case .intact(_, nil) = try await store.verify() else {
            Issue.record("the records are broken")
            return .zero
        }
        let sums = store.balances([.run("r")])[0]
        #expect(sums.today == sums.total && sums.month == sums.total)
        let doubts = try await store.holds(inDoubtOnly: true)
        #expect(doubts.reduce(.zero) { $0 + $1.amount } == sums.total.inDoubt)
        await store.close()
        return sums.total.counted
    }
}

/// Some requests, each with another end, and what they may count when an operation of theirs failed.
private struct Life {
    /// When all was written in the end.
    private(set) var exactly = Money.zero
    /// When only what was promised was written, or also what was refused.
    private(set) var atLeast = Money.zero
    private(set) var atMost = Money.zero

    private static let ends: [(Closing?, cost: Int64)] = [
        (.settled(.dollars(2)), 2), (.settled(.dollars(1)), 1), (.released, 0), (.inDoubt(evidence: "cut"), 2),
        (.settled(.dollars(3)), 3), (nil, 2),
    ]

    init(_ store: SQLiteStore) async {
        for (number, (end, cost)) in Self.ends.enumerated() {
            let entry = HoldEntry.example(
                .dollars(2), [.run("r", Caps(daily: .dollars(12)))], .example("req_\(number)"))
            atMost = atMost + .dollars(max(cost, 2))
            guard let hold = try? await store.hold(entry) else { continue }
            exactly = exactly + .dollars(cost)
            // An end that is not written yet leaves the hold, which is then in doubt.
            atLeast = atLeast + .dollars(min(cost, 2))
            guard let end else { continue }
            store.close(hold, end, .example(hold, cost: .dollars(cost)))
            if number.isMultiple(of: 2) { await store.flush() }
        }
        try? await store.put(VaultKey.example("vk_1"))
        _ = try? await store.hold(.example(.zero, [.run("r", Caps())], .example("req_free")))
        store.record(.example("req_refused", code: "host_not_allowed"))
        await store.flush()
    }
}
