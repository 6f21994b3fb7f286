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
    /// Where bound bytes lie until the statement ran, so that SQLite need not copy each of them to a place of its own.
    private let desk = UnsafeMutableRawBufferPointer.allocate(byteCount: 8192, alignment: 1)
    private var used = 0

    init(_ db: Database, _ sql: String) throws {
        statement = try db.makeStatement(sql: sql)
        raw = statement.sqliteStatement
    }

    deinit { desk.deallocate() }

    @discardableResult
    func bind(_ value: Int64?) -> Self {
        index += 1
        if let value { sqlite3_bind_int64(raw, index, value) } else { sqlite3_bind_null(raw, index) }
        return self
    }

    @discardableResult
    func bind(_ text: String?) -> Self {
        index += 1
        guard var text else {
            sqlite3_bind_null(raw, index)
            return self
        }
        text.withUTF8 { utf8 in
            let (start, owner) = lay(UnsafeRawBufferPointer(utf8))
            // With its length: a NUL inside must not cut it.
            sqlite3_bind_text(raw, index, start?.assumingMemoryBound(to: CChar.self), CInt(utf8.count), owner)
        }
        return self
    }

    @discardableResult
    func bind(_ bytes: [UInt8]) -> Self {
        index += 1
        bytes.withUnsafeBytes { bytes in
            let (start, owner) = lay(bytes)
            _ = sqlite3_bind_blob(raw, index, start, CInt(bytes.count), owner)
        }
        return self
    }

    /// Lays bytes on the desk; what has no room there SQLite copies.
    private func lay(_ bytes: UnsafeRawBufferPointer) -> (UnsafeRawPointer?, sqlite3_destructor_type?) {
        guard let desk = desk.baseAddress, let start = bytes.baseAddress, used + bytes.count <= self.desk.count else {
            return (bytes.baseAddress, Self.copied)
        }
        defer { used += bytes.count }
        (desk + used).copyMemory(from: start, byteCount: bytes.count)
        return (UnsafeRawPointer(desk + used), nil)
    }

    /// Runs a statement without rows, and makes it ready for the next values.
    func run() throws {
        let code = sqlite3_step(raw)
        (index, used) = (0, 0)
        // After a failed step this gives the same code again.
        sqlite3_reset(raw)
        guard code == SQLITE_DONE else { throw failure(code) }
    }

    /// Runs a query and reads its first row; nil when there is none.
    func first<T>(_ read: (Columns) throws -> T) throws -> T? {
        let code = sqlite3_step(raw)
        (index, used) = (0, 0)
        defer { sqlite3_reset(raw) }
        switch code {
        case SQLITE_ROW: return try read(Columns(raw: raw))
        case SQLITE_DONE: return nil
        default: throw failure(code)
        }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(raw)))
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }

    /// SQLITE_TRANSIENT, a cast that Swift does not import: SQLite copies the bytes.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

/// The row that a prepared statement stands at; good until the statement moves on.
struct Columns {
    fileprivate let raw: OpaquePointer

    func integer(_ index: CInt) -> Int64? {
        sqlite3_column_type(raw, index) == SQLITE_NULL ? nil : sqlite3_column_int64(raw, index)
    }

    func text(_ index: CInt) -> [UInt8]? {
        guard let start = sqlite3_column_text(raw, index) else { return nil }
        return Array(UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, index))))
    }
}
