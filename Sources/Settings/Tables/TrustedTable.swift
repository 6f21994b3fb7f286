internal import Core

/// Reads `trusted`.
struct TrustedTable {
    var credentials: CredentialReader
    var vendors: Set<String>
    var policies: [String]
    private(set) var programs: [TrustedProgram] = []
    private(set) var sources: [String: CredentialSource] = [:]
    var variables: [String] { sources.values.compactMap(\.variable) }

    init(credentials: CredentialReader, vendors: Set<String>, policies: [String]) {
        (self.credentials, self.vendors, self.policies) = (credentials, vendors, policies)
    }

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
        sources[name] = source
        secret.warnOfMode(source)
        guard let digest = digest(source, secret, name) else { return nil }
        var program = TrustedProgram(name: name, digest: digest, runs: runs)
        program.ceiling = ceiling(table)
        table.read("tags_from_label", into: &program.templates) { $0.oneOrMore { $0.tagTemplate() } }
        program.place = table.value.place
        return program
    }

    /// How far its keys and runs may go.
    private func ceiling(_ table: Table) -> Ceiling {
        var ceiling = Ceiling()
        table.read("policies", into: &ceiling.policies) { $0.oneOrMore { $0.known("policy", policies) } }
        table.read("vendors", into: &ceiling.vendors) { $0.oneOrMore { $0.known("vendor", vendors.sorted()) } }
        table.read("key_lifetime_max", into: &ceiling.lifetime) { $0.span(.seconds(1) ... .seconds(30 * 86_400)) }
        table.read("daily_usd_cap_max", into: &ceiling.caps.daily) { $0.money() }
        table.read("total_usd_cap_max", into: &ceiling.caps.total) { $0.money() }
        table.read("request_usd_cap_max", into: &ceiling.caps.request) { $0.money() }
        table.read("required_tags", into: &ceiling.requiredTags) { $0.tagNames() }
        return ceiling
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

extension Value {
    /// The name of something that is configured.
    fileprivate func known(_ what: String, _ names: [String]) -> String? {
        guard let name = text("a \(what)'s name") else { return nil }
        guard names.contains(name) else {
            fail("\(what) \"\(name)\" is not configured" + Spelling.hint(name, names))
            return nil
        }
        return name
    }
}
