import Core
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `Records that somebody changed` {
    let folder: Folder

    init() async throws {
        folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        for number in 1...20 { store.record(.example("req_\(number)", code: "host_not_allowed")) }
        await store.close()
    }

    private func verify() async throws -> ChainVerdict {
        let offline = try await StoredRecords(path: folder.database).verify()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start }, acceptOlderCopy: true)
        let online = try await store.verify()
        await store.close()
        if case .broken = offline, !headTrouble(offline) { #expect(offline == online) }
        return offline
    }

    /// Opening the store all the same writes a new head file.
    private func headTrouble(_ verdict: ChainVerdict) -> Bool {
        if case .broken(_, let why) = verdict { why.contains("head") } else { false }
    }

    private func edit(_ sql: String) async throws {
        try await DatabaseQueue(path: folder.database).write { try $0.execute(sql: sql) }
    }

    @Test func `not at all are intact`() async throws { #expect(try await verify() == .intact(rows: 20)) }

    @Test func `are verified after a crash as well`() async throws {
        let crashed = try Folder()
        let store = try SQLiteStore.open(path: crashed.database, clock: { .start })
        _ = try await store.hold(.example(.dollars(1), []))
        let failure = await #expect(throws: StoreFailure.self) {
            _ = try await StoredRecords(path: crashed.database).verify()
        }
        #expect(failure?.cause.hasSuffix("in use by another cofferdam serve") == true)
        try await SQLiteHarness(folder: crashed).crash(store)
        #expect(try FileManager.default.contentsOfDirectory(atPath: crashed.path).contains("store.db-wal"))
        #expect(try await StoredRecords(path: crashed.database).verify() == .intact(rows: 1))
        let again = try SQLiteStore.open(path: crashed.database, clock: { .start })
        #expect(try await again.verify() == .intact(rows: 2), "one more: the hold is in doubt")
        await again.close()
    }

    @Test func `in their content are named`() async throws {
        try await edit("UPDATE audit SET row = replace(row, 'host_not_allowed', 'allowed') WHERE seq = 7")
        try await expectBroken(7)
    }

    @Test func `in a column are named`() async throws {
        try await edit("UPDATE audit SET run = 'somebody else' WHERE seq = 9")
        try await expectBroken(9)
    }

    @Test func `by taking one out are named`() async throws {
        try await edit("DELETE FROM audit WHERE seq = 3")
        try await expectBroken(3)
    }

    @Test func `by cutting the end are found out by the head file`() async throws {
        try await edit("DELETE FROM audit WHERE seq > 15")
        let why = "rows missing after 15: the head file counts 20 (an older copy, or cut)"
        #expect(try await verify() == .broken(row: 16, why: why))
    }

    @Test func `and hashed anew are found out by the head file`() async throws {
        try await DatabaseQueue(path: folder.database).write { db in
            var chain = ChainHead.empty
            for row in try Row.fetchAll(db, sql: "SELECT seq, row FROM audit ORDER BY seq") {
                var text = String(decoding: row["row"] as Data, as: UTF8.self)
                if chain.rows == 4 { text = text.replacing("stripe", with: "twilio") }
                chain.append(Array(text.utf8))
                try db.execute(
                    sql: "UPDATE audit SET row = ?, hash = ?, vendor = ? WHERE seq = ?",
                    arguments: [
                        Data(text.utf8), Data(chain.hash), chain.rows == 5 ? "twilio" : "stripe", chain.rows,
                    ])
            }
        }
        try await expectBroken(20)
    }

    @Test func `and their head file taken away are noticed`() async throws {
        try FileManager.default.removeItem(atPath: folder.path + "/audit.head")
        #expect(
            try await StoredRecords(path: folder.database).verify() == .broken(row: 20, why: "audit.head is missing"))
    }

    private func expectBroken(_ row: Int64, _ source: SourceLocation = #_sourceLocation) async throws {
        let verdict = try await verify()
        guard case .broken(row, _) = verdict else {
            Issue.record("\(verdict)", sourceLocation: source)
            return
        }
    }
}

@Suite struct `An older copy of the store` {
    let folder: Folder

    /// Ten records, a copy, and five more.
    init() async throws {
        folder = try Folder()
        try await write(1...10)
        try FileManager.default.copyItem(atPath: folder.database, toPath: folder.path + "/copy")
        try await write(11...15)
        try FileManager.default.removeItem(atPath: folder.database)
        try FileManager.default.moveItem(atPath: folder.path + "/copy", toPath: folder.database)
    }

    private func write(_ numbers: ClosedRange<Int>) async throws {
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        for number in numbers { store.record(.example("req_\(number)", code: "host_not_allowed")) }
        await store.close()
    }

    @Test func `is not opened: what was spent since is not in it`() async throws {
        let failure = #expect(throws: StoreFailure.self) {
            _ = try SQLiteStore.open(path: folder.database, clock: { .start })
        }
        #expect(failure?.cause.contains("rows missing after 10: the head file counts 15") == true)
        let why = "rows missing after 10: the head file counts 15 (an older copy, or cut)"
        #expect(try await StoredRecords(path: folder.database).verify() == .broken(row: 11, why: why))
    }

    @Test func `is opened when the operator says so, and says so in the records`() async throws {
        let store = try SQLiteStore.open(path: folder.database, clock: { .start }, acceptOlderCopy: true)
        #expect(try await store.verify() == .intact(rows: 11))
        await store.close()
        try await write(11...11)
        #expect(try await StoredRecords(path: folder.database).verify() == .intact(rows: 12))
    }
}
