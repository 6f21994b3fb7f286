import Core
import Foundation
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `An export of the chain` {
    private let folder: Folder
    private let store: SQLiteStore

    /// 1210 rows in twelve hundred seconds.
    init() async throws {
        folder = try Folder()
        store = try SQLiteStore.open(path: folder.database, clock: { .start })
        for number in 0..<1200 {
            let at = Moment.start + .seconds(Int64(number))
            store.record(.example("req_\(number)", at: at, label: "é\"\u{1}", code: "host_not_allowed"))
        }
        for number in 0..<5 {
            let hold = try await store.hold(.example(.dollars(1), [.everything], .example("req_p\(number)")))
            store.close(hold, .settled(.dollars(1)), .example(hold, cost: .dollars(1)))
        }
        await store.flush()
    }

    private static func lines(
        _ store: any AuditStore, since: Moment? = nil, until: Moment? = nil
    ) async throws -> [[UInt8]] {
        var (export, bytes) = (try await ChainExport(store, since: since, until: until), [UInt8]())
        while let piece = try await export.next() { bytes += piece }
        return bytes.split(separator: 0x0A).map(Array.init)
    }

    private static func check(_ lines: [[UInt8]]) -> ExportVerdict {
        var check = ExportCheck()
        for line in lines where !check.take(line) { break }
        return check.verdict()
    }

    @Test func `is checked with nothing but itself`() async throws {
        let lines = try await Self.lines(store)
        #expect(lines.count == 1212)
        let last = try await store.links(after: 1209, upTo: 1210, limit: 1)[0]
        guard case .intact(_, 1210, let chain, let from, let until) = Self.check(lines) else {
            Issue.record("\(Self.check(lines))")
            return
        }
        #expect(chain == ChainHead(rows: 1210, hash: last.hash))
        #expect(from == .start && until == .start + .seconds(1199))
        #expect(lines.allSatisfy { (try? JSONValue.parse($0)) != nil })
    }

    @Test func `of a part begins where that begins, and leaves nothing of it out`() async throws {
        let (since, until) = (Moment.start + .seconds(300), Moment.start + .seconds(700))
        let lines = try await Self.lines(store, since: since, until: until)
        guard case .intact(_, let rows, _, let from, let last) = Self.check(lines) else {
            Issue.record("\(Self.check(lines))")
            return
        }
        #expect(rows < 1210 && rows >= 401)
        let bounds = try #require(from.flatMap { from in last.map { (from, $0) } })
        #expect(bounds.0 <= since && bounds.1 >= until)
        let text = lines.map { String(bytes: $0) }.joined(separator: "\n")
        #expect((300...700).allSatisfy { text.contains("\"req_\($0)\"") })
    }

    @Test func `of nothing is sound too`() async throws {
        let other = try Folder()
        let empty = try SQLiteStore.open(path: other.database, clock: { .start })
        guard case .intact(_, 0, .empty, nil, nil) = Self.check(try await Self.lines(empty)) else {
            Issue.record("not intact")
            return
        }
        let none = try await Self.lines(store, since: .start + .days(9))
        guard case .intact(_, 0, _, nil, nil) = Self.check(none) else {
            Issue.record("\(Self.check(none))")
            return
        }
        await empty.close()
        withExtendedLifetime(other) {}
    }

    @Test(arguments: [
        (3, "changed", "row 3 does not follow"), (3, "removed", "row 3 is missing"), (3, "twice", "row 4 is missing"),
        (1211, "removed", "the end is missing"), (1210, "removed", "the end counts other rows"),
        (0, "removed", "this is no export"), (3, "padded", "it is not a row"), (1211, "twice", "there is more behind"),
        (0, "rebased", "a chain begins with zeros"),
    ])
    func `shows what was done to it`(line: Int, deed: String, why: String) async throws {
        var lines = try await Self.lines(store)
        switch deed {
        case "changed": lines[line] = Array(String(bytes: lines[line]).replacing("POST", with: "GET").utf8)
        case "removed": lines.remove(at: line)
        case "twice": lines.insert(lines[line], at: line)
        case "rebased":
            lines[line] = Array(String(bytes: lines[line]).replacing("\"hash\":\"00", with: "\"hash\":\"11").utf8)
        default: lines[line] += Array(" ".utf8)
        }
        guard case .broken(let at, let found) = Self.check(lines) else {
            Issue.record("intact")
            return
        }
        #expect(found.hasPrefix(why), "\(found)")
        #expect(deed == "twice" || at == line + 1 || line > 1209)
    }

    @Test func `is the same from the file of a store that is closed`() async throws {
        let open = try await Self.lines(store)
        await #expect(throws: StoreFailure.self) { try await StoredRecords(path: folder.database).verify() }
        await store.close()
        let records = try StoredRecords(path: folder.database)
        #expect(try await Self.lines(records) == open)
        #expect(try await records.records(AuditFilter(), after: nil, newest: true, limit: 3).count == 3)
        #expect(throws: StoreFailure.self) { try StoredRecords(path: folder.path + "/nothing.db") }
    }
}
