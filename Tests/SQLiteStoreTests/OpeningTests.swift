import Core
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `A store that is opened` {
    let folder: Folder

    init() throws { folder = try Folder() }

    private func open(acceptOlderCopy: Bool = false) throws(StoreFailure) -> SQLiteStore {
        try SQLiteStore.open(path: folder.database, clock: { .start }, acceptOlderCopy: acceptOlderCopy)
    }

    @Test func `is refused to a second one, at once and with the reason`() async throws {
        let store = try open()
        #expect(throws: StoreFailure("\(folder.database): in use by another cofferdam serve")) { _ = try open() }
        _ = try await store.hold(.example(.dollars(1), []))
        await store.close()
        try await open().close()
    }

    @Test func `is refused to another process`() async throws {
        let store = try open()
        await #expect(processExitsWith: .exitCode(7)) { [path = folder.database as String] in
            do throws(StoreFailure) {
                _ = try SQLiteStore.open(path: path, clock: { .start })
            } catch {
                if error.cause.hasSuffix("in use by another cofferdam serve") { exit(7) }
            }
        }
        await store.close()
    }

    @Test func `is readable by its owner alone`() async throws {
        let store = try open()
        _ = try await store.hold(.example(.dollars(1), []))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == ["store.db", "store.db-wal", "audit.head"])
        for file in files {
            let rights = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + file)[.posixPermissions]
            #expect(rights as? Int == 0o600, "\(file)")
        }
        await store.close()
    }

    @Test func `refuses what a newer program made, and names the step`() async throws {
        try await open().close()
        try await DatabaseQueue(path: folder.database).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 telepathy')")
        }
        let cause = "made by a newer cofferdam (schema step \"9 telepathy\" is unknown here)"
        #expect(throws: StoreFailure("\(folder.database): \(cause)")) { _ = try open() }
    }

    @Test func `refuses what is not a database`() throws {
        try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: folder.database))
        let failure = #expect(throws: StoreFailure.self) { _ = try open() }
        #expect(failure?.cause.contains("not a database") == true)
    }

    @Test func `refuses a folder that is not there`() {
        let failure = #expect(throws: StoreFailure.self) {
            _ = try SQLiteStore.open(path: folder.path + "/none/store.db", clock: { .start })
        }
        #expect(failure?.cause.contains("No such file or directory") == true)
    }

    @Test func `has what was durable when its process was killed`() async throws {
        await #expect(processExitsWith: .exitCode(7)) { [path = folder.database as String] in
            let store = try SQLiteStore.open(path: path, clock: { .start })
            let covers = [Cover.run("r", Caps(daily: .dollars(10)))]
            let settled = try await store.hold(.example(.dollars(3), covers))
            store.close(settled, .settled(.dollars(3)), .example(settled))
            try await store.put(VaultKey.example("vk_1"))
            _ = try await store.hold(.example(.dollars(4), covers))
            _exit(7)
        }
        let store = try open()
        let balance = store.balances([.run("r")])[0].today
        #expect(balance.spent == .dollars(3) && balance.inDoubt == .dollars(4) && balance.held == .zero)
        #expect(try await store.key(id: "vk_1") == VaultKey.example("vk_1"))
        // Two decisions, the settled outcome, the one in doubt.
        #expect(try await store.verify() == .intact(rows: 4))
        await store.close()
    }

    @Test func `can be killed at any moment and never forgets a hold`() async throws {
        for round in 1...6 {
            await #expect(processExitsWith: .exitCode(7)) { [path = folder.database as String, round = round as Int] in
                try await spend(path, for: UInt32(round) * 15_000)
            }
            let store = try open()
            let origin = try? String(contentsOfFile: folder.database + ".origin", encoding: .utf8)
            let accepted = origin?.split(separator: "\n") ?? []
            let total = store.balances([.run("r")])[0].total
            #expect(total.held == .zero)
            #expect(total.counted.micros >= Int64(accepted.count) * 10_000, "every accepted request is counted")
            let doubtful = try await store.holds(inDoubtOnly: true)
            #expect(doubtful.reduce(.zero) { $0 + $1.amount } == total.inDoubt)
            guard case .intact = try await store.verify() else {
                Issue.record("the chain is broken after a kill")
                return
            }
            await store.close()
        }
    }
}

/// Spends in eight lanes until the process is killed, half of which never learn what came of it. Each accepted request is written to a file of its
/// own, as a vendor would know of it, before its end is booked.
private func spend(_ path: String, for microseconds: UInt32) async throws {
    let store = try SQLiteStore.open(path: path, clock: { .start })
    Thread.detachNewThread {
        usleep(microseconds)
        _exit(7)
    }
    let covers = [Cover.run("r", Caps(total: .dollars(1000)))]
    await withTaskGroup(of: Void.self) { group in
        for lane in 0..<8 {
            group.addTask {
                while let hold = try? await store.hold(.example(Money(micros: 10_000), covers)) {
                    note(hold.requestID.text + "\n", path + ".origin")
                    if lane % 2 == 0 {
                        store.close(hold, .settled(hold.estimate), .example(hold, cost: hold.estimate))
                    } else {
                        store.close(hold, .inDoubt(evidence: "timeout"), .example(hold, "in_doubt"))
                    }
                }
            }
        }
    }
}

private func note(_ line: String, _ path: String) {
    let file = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    write(file, line, line.utf8.count)
    Foundation.close(file)
}
