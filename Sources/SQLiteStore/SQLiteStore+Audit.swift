package import Core
import Foundation
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

    package func stretch(since: Moment?, until: Moment?) async throws(StoreFailure) -> ChainStretch {
        try await onQueue { try ChainStretch($0, since: since, until: until) }
    }

    package func links(after: Int64, upTo last: Int64, limit: Int) async throws(StoreFailure) -> [ChainLink] {
        try await onQueue { try ChainLink.fetch($0, after: after, upTo: last, limit: limit) }
    }
}

extension ChainStretch {
    init(_ db: Database, since: Moment?, until: Moment?) throws {
        let bounds = try AuditBounds(db)
        let first = try since.map { try bounds.lastRow(before: $0) } ?? bounds.pruned
        let last = try until.map { try min(bounds.rows, bounds.lastRow(upTo: $0)) } ?? bounds.rows
        self.init(
            store: try String.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.store])
                ?? "",
            before: try ChainHead(db, at: min(first, bounds.rows)), last: last)
    }
}

extension ChainHead {
    /// The chain as it was at a row.
    init(_ db: Database, at row: Int64) throws {
        guard row > 0 else { self = .empty; return }
        let anchor = try Anchor(db)
        guard row != anchor.chain.rows else {
            self = anchor.chain
            return
        }
        let hash = try Data.fetchOne(db, sql: "SELECT hash FROM audit WHERE seq = ?", arguments: [row])
        guard let hash else { throw StoreFailure("damaged: row \(row) of the records is missing") }
        self.init(rows: row, hash: Array(hash))
    }
}

extension ChainLink {
    static func fetch(_ db: Database, after: Int64, upTo last: Int64, limit: Int) throws -> [ChainLink] {
        let sql = "SELECT seq, row, hash FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [after, last, min(limit, 500)]).map {
            ChainLink(sequence: $0[0], row: Array($0[1] as Data), hash: Array($0[2] as Data))
        }
    }
}
