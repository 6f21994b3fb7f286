internal import Core

/// Who may use the control API: the master token of this installation, kept as a digest.
package struct AdminTokens: Sendable {
    /// What a token may do. Tokens of other roles come with `trusted` programs.
    package enum Role: String, Sendable { case admin, issuer, reader }

    package static let prefix = "cofferdam_admin_"
    /// The token's file in the state directory.
    package static let fileName = "token"

    /// What is accepted but should be repaired, each with the line that does it.
    package let advice: [String]
    private let admin: SecretDigest

    /// A token that a test or `demo` made up.
    package init(admin token: String) { (admin, advice) = (SecretDigest(of: token), []) }

    private init(_ file: TokenFile.Contents) { (admin, advice) = (SecretDigest(of: file.token), file.advice) }

    /// Reads the token of a state directory, or makes it at the first start (mode 0600).
    /// - Throws: when others can read the file, with the line that repairs it; when it can't be read or made.
    package static func open(directory: String) throws(TokenProblem) -> AdminTokens {
        let path = directory + "/" + fileName
        try TokenFile.makeUnlessThere(Random.secret(prefix: prefix), at: path)
        return AdminTokens(try TokenFile.read(path))
    }

    /// The token itself, for a command that speaks to the admin listener.
    package static func token(directory: String) throws(TokenProblem) -> String {
        try TokenFile.read(directory + "/" + fileName).token
    }

    /// The role of a token; compared as digests, so that nothing can be learned from the time it takes.
    package func role(of token: String) -> Role? { SecretDigest(of: token) == admin ? .admin : nil }
}

/// Why there is no token; for the operator.
package enum TokenProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case missing(path: String)
    case notReadable(path: String)
    case readableByOthers(path: String)
    case foreignOwner(path: String)
    case malformed(path: String)
    case failed(path: String, reason: String)

    package var description: String {
        switch self {
        case .missing(let path): "\(path): there is no token yet; cofferdam serve makes it at its first start"
        case .notReadable(let path): "\(path): the token can't be read by this user"
        case .readableByOthers(let path): "\(path): others can read the token; run: chmod 600 \(path)"
        case .foreignOwner(let path): "\(path): belongs to another user, who could replace it"
        case .malformed(let path): "\(path): holds no token of at least 22 letters; remove it to have a new one made"
        case .failed(let path, let reason): "\(path): \(reason)"
        }
    }
}
