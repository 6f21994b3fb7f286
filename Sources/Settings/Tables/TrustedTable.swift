internal import Core

/// Reads `trusted`.
struct TrustedTable {
    var credentials: CredentialReader
    private(set) var programs: [TrustedProgram] = []
    private(set) var variables: [String] = []

    init(credentials: CredentialReader) { self.credentials = credentials }

    mutating func read(_ value: Value) {
        for value in value.list() ?? [] {
            guard let table = value.table(.trusted), let program = program(table) else { continue }
            if programs.contains(where: { $0.name == program.name }) {
                (table["name"] ?? value).fail("there are two trusted programs \"\(program.name)\"")
            }
            programs.append(program)
        }
    }

    private mutating func program(_ table: Table) -> TrustedProgram? {
        let name = table.required("name")?.name("a program's name")
        let runs = table.required("runs", " (which runs it may name)")?.glob()
        let secret = table.required("secret")
        guard let name, let runs, let secret, let source = secret.credentialSource() else { return nil }
        if let variable = source.variable { variables.append(variable) }
        secret.warnOfMode(source)
        guard let digest = digest(source, secret, name) else { return nil }
        var program = TrustedProgram(name: name, digest: digest, runs: runs)
        program.place = table.value.place
        return program
    }

    /// Without its secret nobody can speak for the program; the rest works.
    private func digest(_ source: CredentialSource, _ value: Value, _ name: String) -> SecretDigest? {
        do throws(CredentialProblem) {
            let bytes = try credentials.read(source)
            if bytes.count < 16 { value.fail("the secret of \"\(name)\" is shorter than 16 characters") }
            return SecretDigest(of: bytes)
        } catch {
            value.warn("trusted program \"\(name)\" has no usable secret: \(error.message)")
            return nil
        }
    }
}
