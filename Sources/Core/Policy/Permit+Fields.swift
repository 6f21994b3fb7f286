extension Permit {
    /// The rules of the key for this request's fields.
    var fieldRules: [FieldRule] {
        grant.key.only.filter { $0.operation == nil || $0.operation == target.operation?.name }
    }

    /// The same; under a policy that only watches, what is wrong is answered instead of thrown.
    func fieldsObserved(_ content: Content) throws(Refusal) -> Refusal? {
        do {
            try checkFields(content)
            return nil
        } catch {
            guard grant.observes else { throw error }
            return error
        }
    }

    /// Holds path, query and content against what the key says of their fields.
    /// - Throws: `.fieldNotAllowed` for one that is missing, has another value, or can't be read with certainty.
    func checkFields(_ content: Content) throws(Refusal) {
        let rules = fieldRules
        guard !rules.isEmpty else { return }
        let given = try given(content)
        for rule in rules {
            let values =
                try [inPath(rule.field)] + given.map { part throws(Refusal) in try part.values(of: rule.field) }
            guard values.contains(where: { !$0.isEmpty }) else { throw .fieldNotAllowed(rule.field, "it is missing") }
            let patterns = rule.values.compactMap { FieldPattern($0) }
            let fit = values.joined().allSatisfy { value in
                patterns.contains { $0.fits(value, grant.key, runID: grant.runID) }
            }
            guard fit else { throw .fieldNotAllowed(rule.field, "another value is asked for than this key may use") }
        }
    }

    /// What `{name}` of the allowlist's pattern stands for.
    private func inPath(_ name: String) -> [[UInt8]] {
        zip(pattern.parts, target.path.segments).compactMap { $0 == "{\(name)}" ? Array($1) : nil }
    }

    private func given(_ content: Content) throws(Refusal) -> [GivenFields] {
        var given: [GivenFields] = []
        if let query = target.path.query {
            guard let form = Form(query) else { throw .fieldNotAllowed("query", "it can't be read with certainty") }
            given.append(GivenFields(form))
        }
        switch content.parsed {
        case .form(let form): given.append(GivenFields(form))
        case .json(let value):
            guard case .object = value else { throw .fieldNotAllowed("content", "it is no JSON object") }
            given.append(GivenFields(value))
        case .none:
            guard case .none = content.outgoing else { throw .fieldNotAllowed("content", "it was not read") }
        }
        return given
    }
}

/// The fields of a query or of content, with nested ones in brackets: `metadata[user]`.
struct GivenFields {
    private var fields: [(name: [UInt8], value: [UInt8]?)] = []
    /// A name could be taken for another.
    private var isUnclear = false

    init(_ form: Form) {
        fields = form.pairs.map { ($0.name, $0.value) }
        isUnclear = !form.namesArePlain
    }

    init(_ object: JSONValue) { object.eachField { fields.append(($0, $1)) } }

    /// The value of a field, if it is there.
    /// - Throws: `.fieldNotAllowed` when it stands there twice, nested, or in a spelling that only a lenient origin
    ///   takes for it: nobody knows which one counts.
    func values(of field: String) throws(Refusal) -> [[UInt8]] {
        guard !isUnclear else { throw .fieldNotAllowed(field, "another name can't be read with certainty") }
        let exact = Array(field.utf8)
        let wanted = Self.plain(exact)
        let base = Array(wanted.prefix { $0 != UInt8(ascii: "[") })
        var found: [[UInt8]] = []
        for (name, value) in fields {
            if name == exact, let value, found.isEmpty {
                found.append(value)
            } else if Self.isTaken(Self.plain(name), for: wanted, base) {
                throw .fieldNotAllowed(field, "it can't be read with certainty")
            }
        }
        return found
    }

    private static func isTaken(_ name: [UInt8], for wanted: [UInt8], _ base: [UInt8]) -> Bool {
        name == wanted || name == base || name.starts(with: wanted + "[".utf8) || name.starts(with: wanted + ".".utf8)
    }

    /// As a lenient origin may read a name: without case, spaces and quotes.
    private static func plain(_ name: [UInt8]) -> [UInt8] {
        ASCII.lowercased(name).filter { !($0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'")) }
    }
}
