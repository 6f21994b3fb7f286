import Core
import Foundation
import GRDB

/// A row of `accounts`.
enum AccountRow {
    static let columns = [
        "id", "kind", "title", "day", "day_spent", "day_held", "day_doubt", "month", "month_spent", "month_held",
        "month_doubt", "total_spent", "total_held", "total_doubt",
    ]

    /// Nil for an account that was never used.
    static func fetch(_ account: Account, _ db: Database) throws -> Balances.Entry? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM accounts WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [account.id]).map(entry)
    }

    /// In the order of their IDs.
    static func fetch(prefix: String, after: String?, limit: Int, _ db: Database) throws -> [Balances.Entry] {
        let statement = try db.cachedStatement(
            sql: "SELECT * FROM accounts WHERE id > ? AND id >= ? AND id < ? ORDER BY id LIMIT ?")
        // Nothing that begins with the prefix comes behind its highest continuation.
        let arguments: StatementArguments = [after ?? "", prefix, prefix + "\u{10FFFF}", limit]
        return try Row.fetchAll(statement, arguments: arguments).map(entry)
    }

    private static func entry(_ row: Row) throws -> Balances.Entry {
        guard let kind = Account.Kind(rawValue: row["kind"]) else { throw StoreFailure("damaged: an account's kind") }
        let account = Account(kind: kind, id: row["id"], title: row["title"])
        var entry = Balances.Entry(account: account, period: SpendingPeriod(day: row["day"], month: row["month"]))
        entry.today = sums(row, "day")
        entry.month = sums(row, "month")
        entry.total = sums(row, "total")
        return entry
    }

    private static func sums(_ row: Row, _ period: String) -> Balance.Sums {
        var sums = Balance.Sums()
        sums.spent = Money(micros: row["\(period)_spent"])
        sums.held = Money(micros: row["\(period)_held"])
        sums.inDoubt = Money(micros: row["\(period)_doubt"])
        return sums
    }
}

/// A row of `holds`.
enum HoldRow {
    static func openHold(_ row: Row) -> OpenHold {
        OpenHold(
            requestID: row["request"], amount: Money(micros: row["amount"]), inDoubt: row["in_doubt"],
            at: Moment(microseconds: row["at"]), runID: row["run"], keyID: row["key"], label: row["label"],
            vendor: row["vendor"], operation: row["operation"], evidence: row["evidence"])
    }

    /// The hold itself. Its accounts have no caps any more: nothing is held anew with them.
    static func hold(_ row: Row) throws -> Hold {
        let accounts = try JSONDecoder().decode([[String]].self, from: Data((row["accounts"] as String).utf8))
        return Hold(
            requestID: RequestID(row["request"]), estimate: Money(micros: row["amount"]),
            covers: try accounts.map(cover), period: SpendingPeriod(day: row["day"], month: row["month"]), room: nil,
            object: (row["object"] as String?).map { HeldObject(key: $0, base: Money(micros: row["base"] ?? 0)) })
    }

    private static func cover(_ parts: [String]) throws -> Cover {
        let ahead = parts.count == 4 ? Int64(parts[3]) : 0
        guard 3...4 ~= parts.count, let kind = Account.Kind(rawValue: parts[0]), let ahead else {
            throw StoreFailure("damaged: the accounts of a hold")
        }
        var cover = Cover(account: Account(kind: kind, id: parts[1], title: parts[2]), caps: Caps(), place: nil)
        cover.ahead = Money(micros: ahead)
        return cover
    }

    /// `[["key","key:vk_1","key vk_1"],…]`, with what an account has counted of an object beyond the others:
    /// `["key","key:vk_1","key vk_1","4990000"]`.
    static func text(of covers: [Cover]) -> String {
        var bytes: [UInt8] = []
        for cover in covers {
            bytes.append(contentsOf: (bytes.isEmpty ? "[[" : ",[").utf8)
            JSONText.append(cover.account.kind.rawValue, to: &bytes)
            bytes.append(UInt8(ascii: ","))
            JSONText.append(cover.account.id, to: &bytes)
            bytes.append(UInt8(ascii: ","))
            JSONText.append(cover.account.title, to: &bytes)
            if cover.ahead != .zero { bytes.append(contentsOf: ",\"\(cover.ahead.micros)\"".utf8) }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(contentsOf: (bytes.isEmpty ? "[]" : "]").utf8)
        return String(bytes: bytes)
    }
}
