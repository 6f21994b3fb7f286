import Core
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `A store that can't write` {
    let folder: Folder
    let store: SQLiteStore
    let covers = [Cover.run("r", Caps(daily: .dollars(10)))]

    init() throws {
        folder = try Folder()
        store = try SQLiteStore.open(path: folder.database, clock: { .start })
    }

    /// Every group fails from now on.
    private func fail(_ table: String = "audit") throws {
        try store.database.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    CREATE TEMP TRIGGER broken BEFORE INSERT ON main.\(table) BEGIN SELECT RAISE(ABORT, 'broken'); END
                    """)
        }
    }

    private func recover() throws {
        try store.database.writeWithoutTransaction { try $0.execute(sql: "DROP TRIGGER temp.broken") }
    }

    @Test func `refuses the whole group and holds nothing of it`() async throws {
        try fail()
        let refused = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(Refusal) {
                        _ = try await store.hold(.example(.dollars(1), covers))
                        return false
                    } catch {
                        guard case .storeUnavailable(let cause) = error else { return false }
                        return cause.contains("broken")
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        // Ten found room in memory and none on disk, so the others may have found no room.
        #expect(refused >= 10)
        #expect(store.balances([.run("r")])[0].today == Balance.Sums())
        try recover()
        for _ in 0..<10 { _ = try await store.hold(.example(.dollars(1), covers)) }
        #expect(store.failure == nil)
        #expect(try await store.verify() == .intact(rows: 10))
        await store.close()
    }

    @Test func `writes the end of a hold when it can again`() async throws {
        let hold = try await store.hold(.example(.dollars(4), covers))
        try fail()
        store.close(hold, .settled(.dollars(3)), .example(hold, cost: .dollars(3)))
        await store.flush()
        #expect(store.balances([.run("r")])[0].today.spent == .dollars(3), "in memory it is settled")
        #expect(store.failure != nil)
        try recover()
        await store.flush()
        await store.close()
        let again = try SQLiteStore.open(path: folder.database, clock: { .start })
        #expect(again.balances([.run("r")])[0].today.spent == .dollars(3))
        #expect(again.balances([.run("r")])[0].today.inDoubt == .zero)
        #expect(try await again.verify() == .intact(rows: 2))
        await again.close()
    }

    @Test func `writes it by itself, without another request`() async throws {
        let hold = try await store.hold(.example(.dollars(4), covers))
        try fail()
        store.close(hold, .settled(.dollars(3)), .example(hold, cost: .dollars(3)))
        await store.flush()
        try recover()
        while store.failure != nil { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await store.holds(inDoubtOnly: false).isEmpty)
        await store.close()
    }

    @Test func `keeps a bounded number of refusals and counts the others`() async throws {
        try fail()
        for number in 0..<(Books.refusalsKept + 25) {
            store.record(.example("req_\(number)", code: "host_not_allowed"))
        }
        await store.flush()
        try recover()
        await store.flush()
        let rows = try await store.database.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM audit WHERE kind = 0") ?? 0
        }
        #expect(rows == Books.refusalsKept)
        let note = try await store.database.read { try Data.fetchOne($0, sql: "SELECT row FROM audit WHERE kind = 2") }
        #expect(String(decoding: note ?? Data(), as: UTF8.self).contains("25 refusals were not recorded"))
        await store.close()
    }

    @Test func `says no to keys and runs as well`() async throws {
        try fail("keys")
        await #expect(throws: StoreFailure.self) { try await store.put(VaultKey.example("vk_1")) }
        try recover()
        try await store.put(VaultKey.example("vk_1"))
        await store.close()
    }

    @Test func `after its close answers so`() async throws {
        await store.close()
        await #expect(throws: Refusal.storeUnavailable("closed")) {
            _ = try await store.hold(.example(.dollars(1), []))
        }
        await #expect(throws: StoreFailure("closed")) { try await store.put(VaultKey.example("vk_1")) }
        await #expect(throws: StoreFailure.self) { _ = try await store.key(id: "vk_1") }
        await store.flush()
    }
}

@Suite struct `A database that is taken from under its store` {
    private static let ways: [@Sendable (String) throws -> Void] = [
        { try FileManager.default.removeItem(atPath: $0) },
        { try FileManager.default.removeItem(atPath: $0 + "-wal") },
        { path in
            try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
            guard rename(path + ".copy", path) == 0 else { throw StoreFailure("rename") }
        },
        { path in try FileManager.default.moveItem(atPath: path, toPath: path + ".moved") },
    ]

    @Test(arguments: 0..<4) func `takes no hold and no key any more, and says why`(_ way: Int) async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        let cover = Cover.run("r", Caps(daily: .dollars(10)))
        store.checkFile()
        let hold = try await store.hold(.example(.dollars(1), [cover]))
        #expect(store.trouble == nil)
        try Self.ways[way](folder.database)
        store.checkFile()
        do throws(Refusal) {
            _ = try await store.hold(.example(.dollars(1), [cover]))
            Issue.record("held in a file that is gone")
        } catch {
            guard case .storeUnavailable(let cause) = error else { throw error }
            #expect(cause.contains("the database file was removed or replaced"))
        }
        await #expect(throws: StoreFailure.self) { try await store.put(VaultKey.example("vk_1")) }
        #expect(store.trouble?.cause.contains(folder.database) == true)
        // What is under way still ends in the books that are left.
        store.close(hold, .settled(.dollars(1)), .example(hold, cost: .dollars(1)))
        #expect(store.balances([.run("r")])[0].today.spent == .dollars(1))
        await store.close()
    }
}

@Suite struct `A head file that does not reach the disk` {
    @Test func `is behind, is written anew, and is told of when that lasts`() throws {
        let folder = try Folder()
        let fails = Guarded(true)
        let head = try HeadFile(path: folder.database + ".head", store: "s", nil) { _ in
            errno = EIO
            return fails.withLockedValue { $0 } ? -1 : 0
        }
        let row = ChainHead(rows: 1, hash: [UInt8](repeating: 7, count: 32))
        head.write(row)
        let later = ContinuousClock.now + HeadFile.patience
        #expect(head.isBehind && head.chain == .empty && !head.isDue)
        #expect(head.failure() == nil)
        #expect(head.failure(at: later)?.cause.contains("audit.head can't be written: Input/output error") == true)
        fails.withLockedValue { $0 = false }
        head.write(row)
        #expect(!head.isBehind && head.chain == row)
        #expect(head.failure(at: later) == nil)
    }
}

@Suite struct `A disk that is full` {
    /// Only root may mount the small disk that this needs.
    @Test(.enabled(if: getuid() == 0, "a small disk can be mounted by root only"))
    func `refuses with its cause, and the store goes on when there is room again`() async throws {
        let folder = try Folder()
        guard try mount(folder.path) else { return }
        defer { umount2(folder.path, CInt(MNT_DETACH)) }
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        let covers = [Cover.run("r", Caps(daily: .dollars(1_000_000)))]
        let kept = try await store.hold(.example(.dollars(4), covers))
        _ = FileManager.default.createFile(atPath: folder.path + "/filler", contents: nil)
        let filler = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path + "/filler"))
        while (try? filler.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
        var accepted = 0
        var refusal: Refusal?
        while refusal == nil, accepted < 5000 {
            do throws(Refusal) {
                _ = try await store.hold(.example(.dollars(1), covers))
                accepted += 1
            } catch { refusal = error }
        }
        #expect(refusal == .storeUnavailable("disk full"))
        #expect(store.balances([.run("r")])[0].today.held == .dollars(4 + Int64(accepted)))
        store.close(kept, .settled(.dollars(4)), .example(kept))
        try filler.close()
        try FileManager.default.removeItem(atPath: folder.path + "/filler")
        try await eventually { _ = try await store.hold(.example(.dollars(1), covers)) }
        #expect(store.balances([.run("r")])[0].today.spent == .dollars(4))
        guard case .intact(let rows, nil) = try await store.verify() else {
            Issue.record("broken chain")
            return
        }
        #expect(rows == Int64(accepted + 3))
        await store.close()
    }

    private func mount(_ path: String) throws -> Bool {
        guard Foundation.mount("tmpfs", path, "tmpfs", 0, "size=2m,mode=0700") == 0 else {
            print("skipped: a small disk can't be mounted here (\(String(cString: strerror(errno))))")
            return false
        }
        return true
    }
}

/// What may fail for a moment, at most for five seconds.
private func eventually(_ body: () async throws -> Void) async throws {
    let end = ContinuousClock.now + .seconds(5)
    while ContinuousClock.now < end {
        if (try? await body()) != nil { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    try await body()
}
