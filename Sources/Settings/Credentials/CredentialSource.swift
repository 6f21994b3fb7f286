/// Where a secret is kept, and for `basic` the public half that goes before it.
struct CredentialSource: Sendable, Equatable {
    enum Keeper: Sendable, Equatable {
        case environment(String)
        case file(String)
        case command([String])
        case systemd(String)
        /// Of the encrypted store.
        case secret(String)
    }

    enum User: Sendable, Equatable {
        case text(String)
        case environment(String)
    }

    var keeper: Keeper
    var user: User?
    /// Variables that the command gets besides the usual ones.
    var variables: [String] = []

    /// The variable that holds the secret, when one does.
    var variable: String? { if case .environment(let name) = keeper { name } else { nil } }
}

extension Value {
    /// `{ env: NAME }`, `{ file: PATH }`, `{ command: [PROGRAM, …] }`, `{ systemd: NAME }` or `{ secret: NAME }`. What was found instead is
    /// never shown: it may be the secret itself.
    func credentialSource() -> CredentialSource? {
        let what =
            "must say where the secret is: { env: NAME }, { file: PATH }, { command: [PROGRAM, …] }, { systemd: NAME } "
            + "or { secret: NAME }"
        guard isTable else {
            fail(what + "; a secret has no place in this file")
            return nil
        }
        guard let table = table(.credential) else { return nil }
        let keepers = table.entries.filter { ["env", "file", "command", "systemd", "secret"].contains($0.name) }
        guard let entry = keepers.first, keepers.count == 1 else {
            if keepers.count > 1 || table.entries.isEmpty { fail(what) }
            return nil
        }
        guard let keeper = entry.value.keeper(kind: entry.name) else { return nil }
        if entry.name != "command" { table["variables"]?.fail("goes with command: nothing else is given variables") }
        let variables = table["variables"]?.list { $0.environmentName() } ?? []
        return CredentialSource(keeper: keeper, user: table["user"]?.user(), variables: variables)
    }

    private func keeper(kind: String) -> CredentialSource.Keeper? {
        switch kind {
        case "env": environmentName().map { .environment($0) }
        case "file": path().map { .file($0) }
        case "systemd": name("the name of a systemd credential").map { .systemd($0) }
        case "secret": name("the name of a secret (cofferdam secret list)").map { .secret($0) }
        default: command().map { .command($0) }
        }
    }

    /// The public half of a basic credential: its text, or `{ env: NAME }`.
    private func user() -> CredentialSource.User? {
        guard isTable else { return text("a user's name").map { .text($0) } }
        let source = credentialSource()
        guard let name = source?.variable else {
            return source == nil ? nil : expected("a user's name or { env: NAME }")
        }
        return .environment(name)
    }

    private func environmentName() -> String? {
        guard let name = scalar, EnvironmentName.isValid(name) else {
            fail("must be the name of an environment variable, such as STRIPE_API_KEY")
            return nil
        }
        return name
    }

    private func command() -> [String]? {
        guard let words = list({ $0.text("a word of the command") }) else { return nil }
        return words.isEmpty ? expected("a program and its arguments") : words
    }
}

/// What the name of an environment variable may look like. (A key that was pasted in its place has small letters.)
enum EnvironmentName {
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, (1...128).contains(name.utf8.count) else { return false }
        return (isLetter(first) || first == 0x5F)
            && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
}
