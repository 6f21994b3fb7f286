import Core
import GRDB
import GRDBSQLite

/// A statement that is prepared once and bound without boxes, for what runs on every request.
///
/// Used on the database's queue only. Values are bound in the order of the calls.
final class Prepared {
    /// Owns `raw`.
    private let statement: Statement
    private let raw: OpaquePointer
    private var index: CInt = 0

    init(_ db: Database, _ sql: String) throws {
        statement = try db.makeStatement(sql: sql)
        raw = statement.sqliteStatement
    }

    @discardableResult
    func bind(_ value: Int64?) -> Self {
        index += 1
        if let value { sqlite3_bind_int64(raw, index, value) } else { sqlite3_bind_null(raw, index) }
        return self
    }

    @discardableResult
    func bind(_ text: String?) -> Self {
        index += 1
        if let text {
            // With its length: a NUL inside must not cut it.
            sqlite3_bind_text(raw, index, text, CInt(text.utf8.count), Self.copied)
        } else {
            sqlite3_bind_null(raw, index)
        }
        return self
    }

    @discardableResult
    func bind(_ bytes: [UInt8]) -> Self {
        index += 1
        _ = bytes.withUnsafeBytes { sqlite3_bind_blob(raw, index, $0.baseAddress, CInt($0.count), Self.copied) }
        return self
    }

    /// Runs a statement without rows, and makes it ready for the next values.
    func run() throws {
        let code = sqlite3_step(raw)
        index = 0
        // After a failed step this gives the same code again.
        sqlite3_reset(raw)
        guard code == SQLITE_DONE else {
            let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(raw)))
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// SQLITE_TRANSIENT, a cast that Swift does not import: SQLite copies the bytes.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
