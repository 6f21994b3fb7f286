/// Why there is no token; for the operator.
package enum TokenProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case missing(path: String)
    case notReadable(path: String)
    case readableByOthers(path: String)
    case foreignOwner(path: String)
    case malformed(path: String)
    /// The file of the named tokens.
    case malformedBook(path: String)
    case failed(path: String, reason: String)

    package var description: String {
        switch self {
        case .missing(let path): "\(path): there is no token yet; cofferdam serve makes it at its first start"
        case .notReadable(let path): "\(path): the token can't be read by this user"
        case .readableByOthers(let path): "\(path): others can read the token; run: chmod 600 \(path)"
        case .foreignOwner(let path): "\(path): belongs to another user, who could replace it"
        case .malformed(let path): "\(path): holds no token of at least 22 letters; remove it to have a new one made"
        case .malformedBook(let path):
            "\(path): can't be read as our list of tokens; restore it, or remove it and all named tokens"
        case .failed(let path, let reason): "\(path): \(reason)"
        }
    }
}
