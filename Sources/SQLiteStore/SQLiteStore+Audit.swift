package import Core
import Foundation
import GRDB

extension SQLiteStore: AuditStore {
    package func records(
        _ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int
    ) async throws(StoreFailure) -> [AuditRecord] {
        try await onQueue { db in
            let query = AuditQuery(filter)
            return try query.page(db, after: after ?? 0, newest: newest, limit: limit)
        }
    }

    package func verify() async throws(StoreFailure) -> ChainVerdict { .intact(rows: 0) }
}
