package import Core
import GRDB

extension SQLiteStore: AuditStore {
    package func records(
        _ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int
    ) async throws(StoreFailure) -> [AuditRecord] {
        var query = try await onQueue { try AuditQuery(filter, after: after, newest: newest, $0) }
        var found: [AuditRecord] = []
        while found.count < limit, !query.isDone {
            let (turn, wanted) = (query, limit - found.count)
            let page: [AuditRecord]
            (query, page) = try await onQueue { db in
                var query = turn
                let page = try query.turn(db, limit: wanted)
                return (query, page)
            }
            found += page
        }
        return newest ? found.reversed() : found
    }

    package func verify() async throws(StoreFailure) -> ChainVerdict {
        let path = headPath
        var walk = try await onQueue { try ChainWalk($0, headPath: path) }
        while !walk.isDone {
            let turn = walk
            walk = try await onQueue { db in
                var walk = turn
                try walk.turn(db)
                return walk
            }
        }
        return walk.verdict
    }

    /// Walks the chain of a store that no `serve` has open. Nothing is written.
    package static func verify(path: String) throws(StoreFailure) -> ChainVerdict {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .immediateError
            let database = try DatabaseQueue(path: path, configuration: configuration)
            return try database.read { db in
                var walk = try ChainWalk(db, headPath: Opening.headPath(path))
                while !walk.isDone { try walk.turn(db) }
                return walk.verdict
            }
        } catch {
            throw StoreFailure("\(path): \(StoreFailure(error).cause)")
        }
    }
}
