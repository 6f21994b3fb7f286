package import Core
import Foundation
import GRDB

/// The records of a store that no `serve` has open; nothing is written.
package struct StoredRecords: AuditStore {
    private let database: DatabaseQueue
    private let headPath: String

    package init(path: String) throws(StoreFailure) {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .immediateError
        headPath = Opening.headPath(path)
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            try database.read { db in
                guard try db.tableExists("audit") else { throw StoreFailure("holds no records of cofferdam") }
            }
        } catch { throw StoreFailure("\(path): \(StoreFailure(error).cause)") }
    }

    package func records(
        _ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int
    ) async throws(StoreFailure) -> [AuditRecord] {
        try await read { db in
            var query = try AuditQuery(filter, after: after, newest: newest, db)
            var found: [AuditRecord] = []
            while found.count < limit, !query.isDone { found += try query.turn(db, limit: limit - found.count) }
            return newest ? found.reversed() : found
        }
    }

    package func verify() async throws(StoreFailure) -> ChainVerdict {
        try await read { [headPath] db in
            var walk = try ChainWalk(db, headPath: headPath)
            while !walk.isDone { try walk.turn(db) }
            return walk.verdict
        }
    }

    package func stretch(since: Moment?, until: Moment?) async throws(StoreFailure) -> ChainStretch {
        try await read { try ChainStretch($0, since: since, until: until) }
    }

    package func links(after: Int64, upTo last: Int64, limit: Int) async throws(StoreFailure) -> [ChainLink] {
        try await read { try ChainLink.fetch($0, after: after, upTo: last, limit: limit) }
    }

    private func read<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(StoreFailure) -> T {
        do { return try await database.read(body) } catch { throw StoreFailure(error) }
    }
}
