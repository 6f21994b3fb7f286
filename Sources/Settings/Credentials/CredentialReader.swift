internal import Core
internal import Foundation

/// Why a secret could not be had, and what to do about it.
struct CredentialProblem: Error, Equatable {
    var message: String
}

/// Fetches secrets. Nothing here is a configuration error: a vendor without its credential is refused, the rest works.
struct CredentialReader {
    var environment: [String: String]
    /// The encrypted store; nil where no configuration says where it is.
    var secrets: SecretsPlace?
    /// How long a command may take.
    var patience: Span = .seconds(10)

    /// The secret's bytes: printable ASCII, without the newline at the end of a file or of a command's output.
    func read(_ source: CredentialSource) throws(CredentialProblem) -> [UInt8] {
        let secret = try read(source.keeper, source.variables)
        guard let user = source.user else { return secret }
        switch user {
        case .text(let name): return Array((name + ":").utf8) + secret
        case .environment(let name): return try checked(variable(name), "the variable \(name)") + [0x3A] + secret
        }
    }

    private func read(_ keeper: CredentialSource.Keeper, _ variables: [String]) throws(CredentialProblem) -> [UInt8] {
        switch keeper {
        case .environment(let name): try checked(variable(name), "the variable \(name)")
        case .file(let path): try checked(file(path), path)
        case .systemd(let name): try checked(systemd(name), "the systemd credential \(name)")
        case .secret(let name): try checked(secret(name), "the secret \(name)")
        case .command(let words):
            try checked(output(words, variables), "what \(words[0]) printed")
        }
    }

    private func variable(_ name: String) throws(CredentialProblem) -> [UInt8] {
        guard let value = environment[name], !value.isEmpty else {
            throw CredentialProblem(message: "set \(name) in the environment of cofferdam")
        }
        return Array(value.utf8)
    }

    private func file(_ path: String) throws(CredentialProblem) -> [UInt8] {
        switch SmallFile.read(path, limit: 64 << 10) {
        case .success(let bytes): return withoutNewline(bytes)
        case .failure(let failure) where failure.isMissing: throw CredentialProblem(message: "restore \(path)")
        case .failure(let failure): throw CredentialProblem(message: "can't read \(path): \(failure.reason)")
        }
    }

    private func systemd(_ name: String) throws(CredentialProblem) -> [UInt8] {
        guard let folder = environment["CREDENTIALS_DIRECTORY"] else {
            throw CredentialProblem(
                message: "CREDENTIALS_DIRECTORY is not set; add LoadCredential=\(name):PATH to the systemd unit")
        }
        return try file(folder + "/" + name)
    }

    private func secret(_ name: String) throws(CredentialProblem) -> [UInt8] {
        guard let secrets else { throw CredentialProblem(message: "there is no store of secrets here") }
        let value: [UInt8]?
        do { value = try SecretStore.open(secrets, environment: environment).value(name) } catch {
            throw CredentialProblem(message: error.description)
        }
        guard let value else {
            throw CredentialProblem(message: "there is no secret \(name); run: cofferdam secret set \(name)")
        }
        return value
    }

    private func output(_ words: [String], _ variables: [String]) throws(CredentialProblem) -> [UInt8] {
        let names = Self.plainVariables + variables
        let environment = environment.filter { names.contains($0.key) }
        return withoutNewline(try CredentialCommand(words: words, environment: environment, patience: patience).run())
    }

    /// What a program needs to know where it is; none of them holds a secret.
    private static let plainVariables = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR"]

    private func withoutNewline(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == 0x0A else { return bytes }
        return bytes.dropLast(bytes.count > 1 && bytes[bytes.count - 2] == 0x0D ? 2 : 1)
    }

    private func checked(_ bytes: [UInt8], _ origin: String) throws(CredentialProblem) -> [UInt8] {
        guard !bytes.isEmpty else { throw CredentialProblem(message: "\(origin) is empty; put the secret there") }
        guard Credential.isPossible(bytes) else {
            throw CredentialProblem(
                message: "\(origin) holds line breaks, outer spaces or bytes that no credential has; correct it")
        }
        return bytes
    }
}

/// What every credential looks like.
package enum Credential {
    /// It goes into a request field as it is, so a line break or a control byte in it would be another field.
    package static func isPossible(_ bytes: [UInt8]) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && bytes.first != 0x20 && bytes.last != 0x20
    }

    /// A name that a configuration can say.
    package static func isName(_ text: String) -> Bool { Value.isName(text) }
}
