internal import Core

/// What a trusted program must be given to speak for itself.
package struct ProgramCredential: Sendable {
    package var secret: String
    /// The variable that holds it, when one does.
    package var variable: String?
}

extension Settings {
    /// A trusted program's secret, read anew: only its digest is kept.
    /// - Throws: the problem, in words.
    package func credential(
        ofProgram name: String, environment: [String: String]
    ) throws(CredentialUnavailable) -> ProgramCredential {
        guard let source = trustedSources[name] else {
            let hint = Spelling.hint(name, trustedSources.keys.sorted())
            throw CredentialUnavailable(description: "there is no trusted program \"\(name)\"" + hint)
        }
        do throws(CredentialProblem) {
            let bytes = try CredentialReader(environment: environment, secrets: secrets).read(source)
            return ProgramCredential(secret: String(decoding: bytes, as: UTF8.self), variable: source.variable)
        } catch {
            throw CredentialUnavailable(description: "the secret of \"\(name)\" can't be read: \(error.message)")
        }
    }
}

/// Why a program's secret is not to be had.
package struct CredentialUnavailable: Error, CustomStringConvertible {
    package let description: String
}
