internal import Core

extension ControlAPI {
    private static let longestKeep = Span.seconds(30 * 86_400)

    /// `POST /v1/tokens`: `name`, `role` and, for an issuer, its ceiling. The token is in the answer and nowhere else.
    func addToken(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let object = try call.object(["name", "role"] + Ceiling.fields)
        let role = try role(object)
        let secret = Random.secret(prefix: "cofferdam_\(role.rawValue)_")
        var token = AdminToken(
            name: try newName(object), role: role, digest: SecretDigest(of: secret), createdAt: sidecar.clock(),
            by: try operatorName(call))
        token.ceiling = try ceiling(object, role)
        try add(token)
        note("token \(token.name) (\(token.role.rawValue)) made by \(token.by)")
        return .json(201, .fields([("token", .string(secret))] + describe(token)))
    }

    private func add(_ token: AdminToken) throws(APIProblem) {
        try book().change { tokens, _ throws(APIProblem) in
            guard !tokens.contains(where: { $0.name == token.name }) else { throw .tokenExists(token.name) }
            guard tokens.count < TokenBook.most else {
                throw .field("name", "there are \(TokenBook.most) tokens already")
            }
            tokens.append(token)
            return ((), master: nil)
        }
    }

    private func ceiling(_ object: ObjectReader, _ role: Role) throws(APIProblem) -> Ceiling {
        if role != .issuer, let given = Ceiling.fields.first(where: { object[$0] != nil }) {
            throw .field(given, "goes with the role issuer")
        }
        let ceiling = try Ceiling(object)
        try ceiling.checkNames(sidecar.rules)
        return ceiling
    }

    func listTokens(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        return .json(200, .fields([("tokens", .array(try book().all.map { .fields(describe($0)) }))]))
    }

    /// Holds from the next call on.
    func removeToken(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        let (name, who) = (call.id, try operatorName(call))
        guard name != AdminToken.masterName else { throw .malformed("The master token can't be removed; rotate it.") }
        let token = try book().change { tokens, _ throws(APIProblem) in
            guard let at = tokens.firstIndex(where: { $0.name == name }) else { throw .unknownToken(Shown.text(name)) }
            return (tokens.remove(at: at), master: nil)
        }
        note("token \(token.name) (\(token.role.rawValue)) removed by \(who)")
        return .json(200, .fields(describe(token)))
    }

    /// `POST /v1/tokens/{name}/rotate` with `keep`: for so long the old token is good too.
    func rotateToken(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let keep = try call.object(["keep"]).span("keep")
        guard keep ?? .seconds(0) <= Self.longestKeep else { throw .field("keep", "expected 30 days at most") }
        let (name, who, now) = (call.id, try operatorName(call), sidecar.clock())
        let (token, secret) = try book().change { tokens, master throws(APIProblem) in
            try Self.rotate(name, &tokens, master, until: keep.map { now + $0 }, now, who)
        }
        let kept = keep.map { "; the old one is good for \($0.text) more" } ?? ""
        note("token \(token.name) rotated by \(who)\(kept)")
        return .json(200, .fields([("token", .string(secret))] + describe(token)))
    }

    private static func rotate(
        _ name: String, _ tokens: inout [AdminToken], _ master: SecretDigest, until: Moment?, _ now: Moment,
        _ who: String
    ) throws(APIProblem) -> ((AdminToken, String), master: String?) {
        let isMaster = name == AdminToken.masterName
        if isMaster, !tokens.contains(where: { $0.name == name }) {
            tokens.insert(AdminToken(name: name, role: .admin, createdAt: now, by: who), at: 0)
        }
        guard let at = tokens.firstIndex(where: { $0.name == name }) else { throw .unknownToken(Shown.text(name)) }
        let secret = Random.secret(prefix: "cofferdam_\(tokens[at].role.rawValue)_")
        let old = isMaster ? master : tokens[at].digest
        tokens[at].previous = old.flatMap { digest in until.map { .init(digest: digest, until: $0) } }
        if !isMaster { tokens[at].digest = SecretDigest(of: secret) }
        return ((tokens[at], secret), master: isMaster ? secret : nil)
    }

    private func book() throws(APIProblem) -> AdminTokens {
        guard let tokens = gate.tokens else { throw .unknownPath }
        return tokens
    }

    private func role(_ object: ObjectReader) throws(APIProblem) -> Role {
        guard let role = try object.text("role").flatMap({ Role(rawValue: $0) }) else {
            throw .field("role", "expected one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return role
    }

    private func newName(_ object: ObjectReader) throws(APIProblem) -> String {
        guard let name = try object.text("name") else { throw .field("name", "missing") }
        guard AdminToken.isName(name) else {
            throw .field("name", "expected letters, digits, \".\", \"_\" and \"-\", at most 64")
        }
        guard name != AdminToken.masterName else { throw .field("name", "the token in the file token has this name") }
        return name
    }

    private func describe(_ token: AdminToken) -> [(String, JSONValue?)] {
        let old = token.previous.flatMap { $0.until > sidecar.clock() ? $0.until : nil }
        return [
            ("name", .string(token.name)), ("role", .string(token.role.rawValue)),
            ("created_at", .time(token.createdAt)), ("by", .string(token.by)),
            ("previous_until", old.map { .time($0) }),
        ] + token.ceiling.members
    }
}
