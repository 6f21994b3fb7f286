internal import Core

extension ObjectReader {
    /// `"only": {"customer": "{tag.customer}", "currency": ["usd", "eur"]}`.
    func fieldRules(_ field: String) throws(APIProblem) -> [FieldRule] {
        guard let value = self[field] else { return [] }
        guard case .object(let members) = value else { throw .field(field, "expected an object of fields") }
        guard members.count <= FieldRule.most else { throw .field(field, "has more than \(FieldRule.most) fields") }
        var rules: [FieldRule] = []
        for member in members {
            guard FieldRule.isField(member.key) else {
                throw .field(field, "\"\(Shown.text(member.key))\" can't be the name of a field")
            }
            rules.append(FieldRule(field: member.key, values: try patterns(member.value, "\(field).\(member.key)")))
        }
        return rules
    }

    private func patterns(_ value: JSONValue, _ field: String) throws(APIProblem) -> [String] {
        let values: [JSONValue] = if case .array(let several) = value { several } else { [value] }
        guard (1...32).contains(values.count) else { throw .field(field, "expected 1 to 32 values") }
        var patterns: [String] = []
        for value in values {
            guard let text = value.text, text.utf8.count <= 256 else { throw .field(field, "expected a string") }
            guard FieldPattern(text) != nil else {
                throw .field(field, "only *, {tag.NAME}, {run} and {label} may stand for something else")
            }
            patterns.append(text)
        }
        return patterns
    }
}

extension KeyOrder {
    /// A rule that needs a tag which the key does not have would refuse everything: that is a slip.
    func checkRules() throws(APIProblem) {
        for rule in only {
            let tags = rule.values.compactMap { FieldPattern($0) }.flatMap(\.tags)
            if let missing = tags.first(where: { self.tags[$0] == nil }) {
                throw .field("only.\(rule.field)", "the key has no tag \"\(missing)\"")
            }
        }
    }
}

extension JSONValue {
    /// Rules as they were given; nil for none. Of two for one field, which both hold, the last is shown: it is not the
    /// issuer's own.
    static func only(_ rules: [FieldRule]) -> JSONValue? {
        var members: [Member] = []
        for rule in rules {
            members.removeAll { $0.key == rule.field }
            let values = rule.values.map { JSONValue.string($0) }
            members.append(Member(rule.field, values.count == 1 ? values[0] : .array(values)))
        }
        return members.isEmpty ? nil : .object(members)
    }

    /// What a policy says of single operations: their caps for each run, and their fields.
    static func operations(_ key: VaultKey) -> JSONValue? {
        let caps = key.policyCaps?.operations ?? [:]
        let names = Set(caps.keys).union(key.only.compactMap(\.operation)).sorted()
        guard !names.isEmpty else { return nil }
        return .fields(
            names.map { name in
                let only = key.only.filter { $0.operation == name }
                let members = caps[name].map { Figures.caps($0, JSONValue.usd) } ?? []
                return (name, .fields(members + [("only", .only(only))]))
            })
    }
}
