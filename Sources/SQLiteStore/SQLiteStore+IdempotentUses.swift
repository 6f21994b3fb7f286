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

    package func holdsInDoubt(under first: RequestID) async throws(StoreFailure) -> [RequestID] {
        let sql = """
            SELECT request FROM holds WHERE in_doubt = 1
            AND request IN (SELECT ?1 UNION ALL SELECT request FROM idempotent_repetitions WHERE first = ?1)
            ORDER BY at, request
            """
        return try await onQueue { db in
            try String.fetchAll(db.cachedStatement(sql: sql), arguments: [first.text]).map { RequestID($0) }
        }
    }

    package func repetitions(of first: RequestID) async throws(StoreFailure) -> [RequestID] {
        let sql = "SELECT request FROM idempotent_repetitions WHERE first = ? ORDER BY request LIMIT 200"
        return try await onQueue { db in
            try String.fetchAll(db.cachedStatement(sql: sql), arguments: [first.text]).map { RequestID($0) }
        }
    }
}

/// A row of `idempotent_uses`.
enum IdempotentUseRow {
    static let columns = ["key", "owner", "asked", "request", "expires", "spend_until"]

    static func bind(_ use: IdempotentUse, to statement: Prepared) -> Prepared {
        statement.bind(use.key.bytes).bind(use.owner.bytes).bind(use.request.bytes).bind(use.requestID.text)
            .bind(use.ownedUntil.microseconds).bind(use.expiresAt.microseconds)
    }

    static func use(_ row: Row) throws -> IdempotentUse {
        guard let key = SecretDigest(stored: Array(row["key"] as Data)),
            let owner = SecretDigest(stored: Array(row["owner"] as Data)),
            let asked = SecretDigest(stored: Array(row["asked"] as Data))
        else { throw StoreFailure("damaged: an idempotency key's use") }
        return IdempotentUse(
            key: key, owner: owner, request: asked, requestID: RequestID(row["request"]),
            expiresAt: Moment(microseconds: row["spend_until"] ?? row["expires"]),
            ownedUntil: Moment(microseconds: row["expires"]))
    }
}
