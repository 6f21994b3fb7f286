package import Core
import Foundation
import GRDB

extension SQLiteStore: VaultStore {
    package func load(now: Moment) async throws(StoreFailure) -> VaultContents {
        try await onQueue { db in
            var contents = VaultContents()
            contents.runs = try Row.fetchAll(db, sql: "SELECT * FROM runs WHERE ended IS NULL").map(RunRow.run)
            let keys = try Row.fetchCursor(
                db, sql: "SELECT * FROM keys WHERE expires > ?", arguments: [now.microseconds])
            var reader = KeyReader()
            while let row = try keys.next() { contents.keys.append(try reader.key(row)) }
            for row in try Row.fetchAll(db, sql: "SELECT run, vendor FROM blocks") {
                contents.blocked.insert(VaultContents.RunVendor(runID: row[0], vendor: row[1]))
            }
            contents.stops = try Row.fetchAll(db, sql: "SELECT * FROM stops ORDER BY created, id").map(StopRow.stop)
            // Those that are over are swept here: it is their last use.
            try db.execute(sql: "DELETE FROM budget_changes WHERE until <= ?", arguments: [now.microseconds])
            contents.budgetChanges = try Row.fetchAll(db, sql: "SELECT * FROM budget_changes").map(
                BudgetChangeRow.change)
            return contents
        }
    }

    package func put(_ run: Run) async throws(StoreFailure) { try await put(.run(run)) }

    package func put(_ key: VaultKey) async throws(StoreFailure) { try await put(.key(key)) }

    package func block(runID: String, vendor: String, _ blocked: Bool) async throws(StoreFailure) {
        try await put(.block(VaultContents.RunVendor(runID: runID, vendor: vendor), blocked))
    }

    package func put(_ stop: Stop) async throws(StoreFailure) { try await put(.stop(stop)) }

    package func remove(stopID: String) async throws(StoreFailure) { try await put(.lift(stopID: stopID)) }

    package func put(_ change: BudgetChange) async throws(StoreFailure) { try await put(.budgetChange(change)) }

    package func remove(budgetChange id: String) async throws(StoreFailure) { try await put(.configuredBudget(id)) }

    private func put(_ put: Put) async throws(StoreFailure) {
        if let failure = await write({ .put(put, $0) }) { throw failure }
    }

    package func key(digest: SecretDigest) async throws(StoreFailure) -> VaultKey? {
        try await onQueue { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM keys WHERE digest = ?"),
                arguments: [Data(digest.bytes)]
            ).map(KeyRow.key)
        }
    }

    package func key(id: String) async throws(StoreFailure) -> VaultKey? {
        try await onQueue { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM keys WHERE id = ?"), arguments: [id])
                .map(KeyRow.key)
        }
    }

    package func run(id: String) async throws(StoreFailure) -> Run? {
        try await onQueue { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM runs WHERE id = ?"), arguments: [id])
                .map(RunRow.run)
        }
    }

    package func keys(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [VaultKey] {
        try await list(VaultQuery(keys: filter), after, limit, KeyRow.key) { filter.matches($0) }
    }

    package func runs(_ filter: VaultFilter, after: String?, limit: Int) async throws(StoreFailure) -> [Run] {
        try await list(VaultQuery(runs: filter), after, limit, RunRow.run) { filter.matches($0) }
    }

    /// Newest first, in pages of which each is one turn of the database's queue: short ones, as a hold waits for it.
    private func list<T: Sendable>(
        _ query: VaultQuery, _ after: String?, _ limit: Int, _ read: @escaping @Sendable (Row) throws -> T,
        where matches: (T) -> Bool
    ) async throws(StoreFailure) -> [T] {
        var (query, found) = (query, [T]())
        var cursor = try await onQueue { [query] db in try query.start(db, after: after) }
        while found.count < limit, let at = cursor {
            let values: [T]
            (query, values, cursor) = try await onQueue { [query] db in
                var query = query
                let turn = try query.turn(db, after: at)
                return (query, try turn.rows.map(read), turn.next)
            }
            found += values.filter(matches).prefix(limit - found.count)
        }
        return found
    }
}
