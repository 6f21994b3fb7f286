package import Core
import Foundation
import GRDB

extension SQLiteStore {
    package func object(_ key: String) async throws(StoreFailure) -> ObjectRecord? {
        try await onQueue { db in try ObjectRow.fetch(key, db) }
    }
}

/// A row of `objects`.
enum ObjectRow {
    static let columns = ["id", "units", "currency", "counted", "at"]

    static func bind(_ key: String, _ record: ObjectRecord, at now: Moment, to statement: Prepared) -> Prepared {
        statement.bind(key).bind(record.amount?.units).bind(record.amount?.currency)
            .bind(text(record.counted)).bind(now.microseconds)
    }

    /// Most often nothing was counted.
    private static func text(_ counted: [(account: String, money: Money)]) -> String {
        guard !counted.isEmpty else { return "[]" }
        let pairs = counted.map { JSONValue.array([.string($0.account), .number("\($0.money.micros)")]) }
        return String(bytes: JSONValue.array(pairs).bytes)
    }

    static let selection = "SELECT units, currency, counted FROM objects WHERE id = ?"

    static func fetch(_ key: String, _ db: Database) throws -> ObjectRecord? {
        let row = try Row.fetchOne(db.cachedStatement(sql: selection), arguments: [key])
        return try row.map { try record($0[0], $0[1], Array(($0[2] as String).utf8)) }
    }

    static func fetch(_ key: String, _ statement: Prepared) throws -> ObjectRecord? {
        try statement.bind(key).first { row in
            try record(row.integer(0), row.text(1).map { String(bytes: $0) }, row.text(2) ?? [])
        }
    }

    private static func record(_ units: Int64?, _ currency: String?, _ pairs: [UInt8]) throws -> ObjectRecord {
        var record = ObjectRecord()
        if let units, let currency { record.amount = ObjectAmount(units: units, currency: currency) }
        guard case .array(let pairs)? = try? JSONValue.parse(pairs) else {
            throw StoreFailure("damaged: what was counted of an object")
        }
        record.counted = try pairs.map(counted)
        return record
    }

    private static func counted(_ pair: JSONValue) throws -> (account: String, money: Money) {
        guard case .array(let parts) = pair, parts.count == 2, let account = parts[0].text,
            case .number(let digits) = parts[1], let micros = Decimals.whole(Array(digits.utf8))
        else { throw StoreFailure("damaged: what was counted of an object") }
        return (account, Money(micros: micros))
    }
}
