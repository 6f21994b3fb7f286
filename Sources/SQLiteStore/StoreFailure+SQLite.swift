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
        case .SQLITE_IOERR: "disk error (SQLite \(error.extendedResultCode.rawValue))"
        default: "SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "no details")"
        }
    }
}
