import Core
import GRDB

extension StoreFailure {
    /// SQLite's own code, in words that tell an operator what to do.
    init(_ error: any Error) {
        switch error {
        case let failure as StoreFailure: self = failure
        case let error as DatabaseError: self.init(Self.words(error))
        default: self.init("\(error)")
        }
    }

    private static func words(_ error: DatabaseError) -> String {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: "in use by another cofferdam serve"
        case .SQLITE_FULL: "disk full"
        case .SQLITE_READONLY: "not writable"
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: "can't be opened (missing folder or permission)"
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: "damaged, or not a database (\(error.message ?? "no details"))"
        case .SQLITE_IOERR: "disk error: \(failed(error.extendedResultCode)); see what the kernel says (dmesg)"
        default: "SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "no details")"
        }
    }

    private static func failed(_ code: ResultCode) -> String {
        switch code {
        case .SQLITE_IOERR_WRITE: "a write failed, as on a file system that became read-only"
        case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC: "the disk did not confirm a write"
        case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ: "a read failed"
        default: "SQLite \(code.rawValue)"
        }
    }
}
