package import FoundationEssentials

/// Why there is no local CA, no leaf or no trust bundle. The text is for the operator: it names paths.
package enum AuthorityError: Error, Equatable {
    /// `call` on `path` failed with this `errno`.
    case io(call: String, path: String, errno: Int32)
    /// The key can be read by others than its owner; `mode` is the file's permission bits.
    case keyReadableByOthers(path: String, mode: UInt32)
    /// The file belongs to another user (a numeric uid), who could read or replace it.
    case foreignOwner(path: String, owner: UInt32)
    /// One of the two files of a CA is there, the other is not.
    case incomplete(present: String, missing: String)
    /// The file is no PEM of the wanted kind, or not a regular file of sensible size.
    case malformed(path: String, reason: String)
    /// The certificate was not made by and for this key.
    case mismatch(certificate: String, key: String)
    /// The CA's certificate is past its end.
    case expired(path: String, at: Date)
    /// The CA's certificate begins in the future: the clock is in doubt.
    case notYetValid(path: String, from: Date)
    /// A certificate or its TLS context couldn't be made.
    case minting(host: String, reason: String)
}

extension AuthorityError: CustomStringConvertible {
    /// One sentence, with the line that repairs it where there is one.
    package var description: String {
        switch self {
        case .io(let call, let path, let number):
            "\(path): \(call): \(POSIXFile.reason(number))"
        case .keyReadableByOthers(let path, let mode):
            "\(path): others can read the CA key (mode \(String(mode, radix: 8))); run: chmod 600 \(path)"
        case .foreignOwner(let path, let owner):
            "\(path): belongs to uid \(owner), who could read or replace it; run: chown \(POSIXFile.user) \(path)"
        case .incomplete(let present, let missing):
            "\(missing): missing, but \(present) is there; restore it, or remove \(present) to make a new CA"
        case .malformed(let path, let reason):
            "\(path): \(reason)"
        case .mismatch(let certificate, let key):
            "\(certificate): does not belong to \(key); restore the right one, or remove both to make a new CA"
        case .expired(let path, let date):
            "\(path): expired at \(date.formatted(.iso8601)); remove it and its key to make a new CA"
        case .notYetValid(let path, let date):
            "\(path): not valid before \(date.formatted(.iso8601)); is the clock right?"
        case .minting(let host, let reason):
            "no certificate for \(host): \(reason)"
        }
    }
}
