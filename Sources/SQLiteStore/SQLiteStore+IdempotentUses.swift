package import Core
import Foundation
import GRDB

extension SQLiteStore {
    package func idempotentUse(_ key: SecretDigest) async throws(StoreFailure) -> IdempotentUse? {
        try await onQueue { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM idempotent_uses WHERE key = ?"), arguments: [Data(key.bytes)]
            ).map(IdempotentUseRow.use)
        }
    }

    package func idempotentUses(liveAt now: Moment, limit: Int) async throws(StoreFailure) -> [IdempotentUse] {
        try await onQueue { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM idempotent_uses WHERE expires > ? ORDER BY expires DESC LIMIT ?",
                arguments: [now.microseconds, limit]
            ).map(IdempotentUseRow.use)
        }
    }
}

/// A row of `idempotent_uses`.
enum IdempotentUseRow {
    static let columns = ["key", "owner", "asked", "request", "expires"]

    static func bind(_ use: IdempotentUse, to statement: Prepared) -> Prepared {
        statement.bind(use.key.bytes).bind(use.owner.bytes).bind(use.request.bytes).bind(use.requestID.text)
            .bind(use.expiresAt.microseconds)
    }

    static func use(_ row: Row) throws -> IdempotentUse {
        guard let key = SecretDigest(stored: Array(row["key"] as Data)),
            let owner = SecretDigest(stored: Array(row["owner"] as Data)),
            let asked = SecretDigest(stored: Array(row["asked"] as Data))
        else { throw StoreFailure("damaged: an idempotency key's use") }
        return IdempotentUse(
            key: key, owner: owner, request: asked, requestID: RequestID(row["request"]),
            expiresAt: Moment(microseconds: row["expires"]))
    }
}
