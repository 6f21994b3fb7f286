import Core
import Foundation
import GRDB
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct `Sums of what was spent` {
    @Test(arguments: [1, 7, 40]) func `are the same however small the pages are`(_ rows: Int) async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        for number in 0..<40 {
            let decision = DecisionRecord.example(
                "req_\(number)", run: "r\(number % 20)", label: number < 2 ? nil : "l")
            let hold = try await store.hold(.example(.dollars(1), [.everything], decision))
            if number % 9 > 0 { store.close(hold, .settled(.dollars(2)), .example(hold, cost: .dollars(2))) }
        }
        await store.flush()
        let lines = try await store.database.read { db in
            var (pages, lines) = (SpendPages(SpendQuestion(by: []), rowsOfATurn: rows), [SpendLine]())
            while !pages.isDone { lines += try pages.turn(db) }
            return lines
        }
        let sum = lines.reduce(into: SpendSum()) { $0 += $1.sum }
        #expect(sum.requests == 40 && sum.spent == .dollars(70) && sum.held == .dollars(5))
        await store.close()
    }

    @Test func `begin with their first page, not with the table's first row`() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        let plan = try await store.database.read { db in
            try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN " + SpendRow.page, arguments: [1, "a", "b", "c", "d", "e", "f", 2, 10]
            ).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("SEARCH spend USING PRIMARY KEY"), "\(plan)")
        await store.close()
    }

    /// A day of many among many days; a hold does not wait for more than a page of it.
    @Test func `of a day among many come at once, while holds go on`() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database, clock: { .start })
        try await store.database.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299999)
                    INSERT INTO spend SELECT 20000 + i / 10000, 'stripe', 'billing', 'label-' || i, 'run-' || i,
                    'vk_' || i, '', 1, 0, 1000000 FROM n
                    """)
        }
        let question = Self.question(by: .vendor, day: 20_007)
        let start = ContinuousClock.now
        async let report = store.spend(question)
        let hold = try await store.hold(.example(.dollars(1), [.everything]))
        let spent = try await report.total.spent
        #expect(spent == .dollars(10_000))
        #expect(.now - start < .seconds(20), "a scan of all days, or worse")
        store.close(hold, .released, .example(hold, "released"))
        let all = SpendQuestion(by: [.key])
        await #expect(throws: StoreFailure.tooManyGroups) { try await store.spend(all) }
        await store.close()
    }

    private static func question(by dimension: SpendQuestion.Dimension, day: Int32) -> SpendQuestion {
        var question = SpendQuestion(by: [dimension])
        (question.firstDay, question.lastDay) = (day, day)
        return question
    }
}
