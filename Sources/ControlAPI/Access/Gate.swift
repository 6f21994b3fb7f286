internal import Core

/// The checks that stand before every call, in this order; a browser page and an agent fail them.
struct Gate: Sendable {
    /// `127.0.0.1:4701` and its like, lower case; nil lets any name through.
    let hosts: Guarded<Set<String>>?
    /// nil: there is nothing here that takes a token.
    let tokens: AdminTokens?

    /// Takes the names of the address that we listen on.
    func listens(on host: String, port: Int) {
        let name = host.contains(":") ? "[\(host)]" : host
        let loopback = ["127.0.0.1", "localhost", "[::1]"]
        let names = loopback.contains(name) ? loopback : [name]
        hosts?.withLockedValue { $0.formUnion(names.map { "\($0):\(port)" }) }
    }

    /// A name that DNS rebinding would bring is none of ours.
    func checkHost(_ request: APIRequest) throws(APIProblem) {
        // The server takes the first Host for `host`; any other is still among the fields.
        guard !request.fields.contains("host") else { throw .malformed("The request has more than one Host field.") }
        guard let hosts else { return }
        let host = String(bytes: ASCII.lowercased(request.host.utf8))
        guard hosts.withLockedValue({ $0.contains(host) }) else { throw .foreignHost }
    }

    /// Browsers say where a request comes from; only our own pages may make one.
    func checkOrigin(_ request: APIRequest) throws(APIProblem) {
        if let origin = try request.single("origin") {
            let ours = (hosts?.withLockedValue { $0 } ?? []).contains { origin.utf8.elementsEqual("http://\($0)".utf8) }
            guard ours else { throw .foreignOrigin }
        }
        if let site = try request.single("sec-fetch-site") {
            guard ["same-origin", "none"].contains(site) else { throw .foreignOrigin }
        }
    }

    /// Whose token is shown; nil when no credential is.
    func bearer(_ request: APIRequest, at now: Moment, _ programs: [TrustedProgram]) throws(APIProblem) -> Bearer? {
        guard let value = try request.single("authorization") else { return nil }
        let words = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw words.first?.lowercased() == "basic" ? .agentCredential : .tokenUnknown
        }
        let token = words[1].trimmingPrefix(while: { $0 == " " })
        // What takes no tokens takes no program's either.
        if let bearer = tokens?.bearer(of: String(token), at: now) { return bearer }
        if tokens != nil, let bearer = Self.program(String(token), programs) { return bearer }
        throw Self.isAgents(token) ? .agentCredential : .tokenUnknown
    }

    /// A page can't send JSON to another origin without asking first, and nobody answers that question.
    func checkContent(_ request: APIRequest) throws(APIProblem) {
        let hasContent = !request.content.isEmpty
        guard request.method == "POST" || request.method == "PUT" || hasContent else { return }
        guard request.contentType == "application/json" else { throw .contentType }
    }

    /// A trusted program's secret is an issuer's token, bounded by the program's entry.
    private static func program(_ token: String, _ programs: [TrustedProgram]) -> Bearer? {
        let digest = SecretDigest(of: token)
        return programs.filter { $0.digest == digest }.first.map { program in
            var ceiling = program.ceiling
            ceiling.runs = program.runs
            var bearer = Bearer(name: "program \(program.name)", role: .issuer, ceiling: ceiling)
            bearer.templates = program.templates
            return bearer
        }
    }

    private static func isAgents(_ token: some StringProtocol) -> Bool {
        [VaultKey.tokenPrefix, "vk_", Run.secretPrefix].contains { token.hasPrefix($0) }
    }
}
