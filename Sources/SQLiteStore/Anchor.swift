import Core
import Foundation
import GRDB

/// Where the chain begins: behind the rows that were pruned. Kept in the database, in the transaction that removes them.
struct Anchor: Sendable, Equatable {
    var chain: ChainHead
    /// The newest time in any row that was pruned.
    var latest: Moment

    init(chain: ChainHead, latest: Moment) { (self.chain, self.latest) = (chain, latest) }

    init(_ db: Database) throws {
        let text = try String.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.anchor])
        let words = text?.split(separator: " ") ?? []
        guard !words.isEmpty else {
            self.init(chain: .empty, latest: Moment(microseconds: 0))
            return
        }
        guard words.count == 3, let rows = Int64(words[0]), let hash = [UInt8](hex: words[1]), hash.count == 32,
            let latest = Int64(words[2])
        else { throw StoreFailure("damaged: where the records begin") }
        self.init(chain: ChainHead(rows: rows, hash: hash), latest: Moment(microseconds: latest))
    }

    /// The anchor behind a row that is still there.
    init?(_ db: Database, at row: Int64) throws {
        let sql = "SELECT hash, latest FROM audit WHERE seq = ?"
        guard let found = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [row]) else { return nil }
        self.init(
            chain: ChainHead(rows: row, hash: Array(found[0] as Data)), latest: Moment(microseconds: found[1]))
    }

    func write(_ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
            arguments: [Fact.anchor, "\(chain.rows) \(chain.hash.hex) \(latest.microseconds)"])
    }

    var pruned: PrunedRows? { chain.rows > 0 ? PrunedRows(rows: chain.rows, until: latest) : nil }
}

extension Opening {
    /// Rows may only be missing as far as the head file knew beforehand that they would go.
    static func trouble(_ anchor: Anchor, allowed: ChainHead) -> String? {
        if anchor.chain.rows > allowed.rows {
            return "rows up to \(anchor.chain.rows) are missing, and only \(allowed.rows) were to be pruned"
        }
        guard anchor.chain.rows == allowed.rows, anchor.chain != allowed else { return nil }
        return "row \(allowed.rows), the last that was pruned, is not the one that the head file knows"
    }
}
