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
        let counted = record.counted.map { JSONValue.array([.string($0.account), .number("\($0.money.micros)")]) }
        return statement.bind(key).bind(record.amount?.units).bind(record.amount?.currency)
            .bind(String(bytes: JSONValue.array(counted).bytes)).bind(now.microseconds)
    }

    static func fetch(_ key: String, _ db: Database) throws -> ObjectRecord? {
        let statement = try db.cachedStatement(sql: "SELECT units, currency, counted FROM objects WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [key]).map(record)
    }

    private static func record(_ row: Row) throws -> ObjectRecord {
        var record = ObjectRecord()
        if let units = row[0] as Int64?, let currency = row[1] as String? {
            record.amount = ObjectAmount(units: units, currency: currency)
        }
        guard case .array(let pairs)? = try? JSONValue.parse(Array((row[2] as String).utf8)) else {
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
