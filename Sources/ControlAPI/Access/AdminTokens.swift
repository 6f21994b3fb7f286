internal import Core

/// Who may use the control API: the master token of this installation and the named ones, all kept as digests.
///
/// Both files are looked at on every call, so that what is changed by hand holds at once too.
package final class AdminTokens: Sendable {
    package static let prefix = "cofferdam_admin_"
    /// The master token's file in the state directory.
    package static let fileName = "token"
    /// The file of the named tokens.
    static let bookName = "tokens"

    /// What is accepted but should be repaired, each with the line that does it.
    package let advice: [String]
    /// nil: tokens that a test or `demo` made up, which nobody can change.
    private let directory: String?
    private let state: Guarded<State>

    struct State {
        var master: SecretDigest
        var masterStamp: FileStamp?
        var tokens: [AdminToken] = []
        var stamp: FileStamp?
        /// Why a file that was changed was not taken; what was read before goes on.
        var trouble: String?
    }

    package init(admin token: String) {
        (advice, directory) = ([], nil)
        state = Guarded(State(master: SecretDigest(of: token)))
    }

    private init(_ directory: String, _ state: State, advice: [String]) {
        (self.directory, self.advice) = (directory, advice)
        self.state = Guarded(state)
    }

    /// Reads the tokens of a state directory, or makes the master token at the first start (mode 0600).
    /// - Throws: when others can read a file, with the line that repairs it; when one can't be read or made.
    package static func open(directory: String) throws(TokenProblem) -> AdminTokens {
        let (path, book) = (directory + "/" + fileName, directory + "/" + bookName)
        try TokenFile.makeUnlessThere(Random.secret(prefix: prefix), at: path)
        let (stamp, bookStamp) = (FileStamp(path), FileStamp(book))
        let contents = try TokenFile.read(path)
        var state = State(master: SecretDigest(of: try contents.token(path)), masterStamp: stamp)
        (state.tokens, state.stamp) = (try TokenBook.read(book), bookStamp)
        return AdminTokens(directory, state, advice: contents.advice)
    }

    /// The master token itself, for a command that speaks to the admin listener.
    package static func token(directory: String) throws(TokenProblem) -> String {
        let path = directory + "/" + fileName
        return try TokenFile.read(path).token(path)
    }

    /// Whose token it is; compared as digests and with every one, so that nothing can be learned from the time it takes.
    func bearer(of token: String, at now: Moment) -> Bearer? {
        let digest = SecretDigest(of: token)
        return looked { state in
            var found = digest == state.master ? Bearer.master : nil
            for token in state.tokens where token.isOpened(by: digest, at: now) { found = found ?? token.bearer }
            return found
        }
    }

    /// The named tokens, as they were made.
    var all: [AdminToken] { looked(\.tokens) }

    /// Why a changed file was not taken, for status.
    var trouble: String? { looked(\.trouble) }

    /// Changes the named tokens, or the master one: on the disk first. `change` answers the new master token too when that
    /// is what changes.
    func change<T>(
        _ change: (inout [AdminToken], SecretDigest) throws(APIProblem) -> (T, master: String?)
    ) throws(APIProblem) -> T {
        guard let directory else { throw .malformed("These tokens can't be changed.") }
        return try looked { state throws(APIProblem) in
            guard state.trouble == nil else { throw .tokensUnreadable(state.trouble ?? "") }
            var tokens = state.tokens
            let (result, master) = try change(&tokens, state.master)
            do throws(TokenProblem) { try Self.write(tokens, master, directory, &state) } catch {
                throw .tokensUnwritable("\(error)")
            }
            return result
        }
    }

    private static func write(
        _ tokens: [AdminToken], _ master: String?, _ directory: String, _ state: inout State
    ) throws(TokenProblem) {
        let (path, book) = (directory + "/" + fileName, directory + "/" + bookName)
        try TokenFile.replace(book, TokenBook.bytes(tokens))
        (state.tokens, state.stamp) = (tokens, FileStamp(book))
        guard let master else { return }
        try TokenFile.replace(path, Array((master + "\n").utf8))
        (state.master, state.masterStamp) = (SecretDigest(of: master), FileStamp(path))
    }

    /// What `look` sees is what the files say now.
    private func looked<T, E: Error>(_ look: (inout State) throws(E) -> T) throws(E) -> T {
        try state.withLockedValue { state throws(E) in
            if let directory { state.refresh(directory) }
            return try look(&state)
        }
    }
}

extension AdminTokens.State {
    /// Takes files that have changed; one that can't be taken leaves what was there.
    fileprivate mutating func refresh(_ directory: String) {
        let (path, book) = (directory + "/" + AdminTokens.fileName, directory + "/" + AdminTokens.bookName)
        let (new, newBook) = (FileStamp(path), FileStamp(book))
        guard new != masterStamp || newBook != stamp else { return }
        (masterStamp, stamp) = (new, newBook)
        do throws(TokenProblem) {
            // A master token that is gone is made anew by the next start; until then the old one holds.
            if new != nil { master = SecretDigest(of: try TokenFile.read(path).token(path)) }
            tokens = try TokenBook.read(book)
            trouble = nil
        } catch {
            trouble = "\(error)"
        }
    }
}

/// The file of the named tokens.
enum TokenBook {
    /// More than anybody can look after.
    static let most = 1000

    /// None when there is no file.
    static func read(_ path: String) throws(TokenProblem) -> [AdminToken] {
        let bytes: [UInt8]
        do throws(TokenProblem) { bytes = try TokenFile.read(path, longest: 4 << 20).bytes } catch {
            if case .missing = error { return [] }
            throw error
        }
        guard case .array(let values)? = (try? JSONValue.parse(bytes))?["tokens"] else {
            throw .malformedBook(path: path)
        }
        let tokens = values.compactMap { AdminToken($0) }
        guard tokens.count == values.count, Set(tokens.map(\.name)).count == tokens.count else {
            throw .malformedBook(path: path)
        }
        return tokens
    }

    static func bytes(_ tokens: [AdminToken]) -> [UInt8] {
        JSONValue.object([.init("tokens", .array(tokens.map(\.json)))]).bytes + [0x0A]
    }
}
