internal import Core

extension Value {
    func hosts() -> [String]? {
        guard let hosts = oneOrMore({ $0.hostName() }) else { return nil }
        return hosts.isEmpty ? expected("at least one host") : hosts
    }

    /// A field's name, in lower case.
    func fieldName() -> String? {
        guard let text = scalar, !text.isEmpty, text.utf8.allSatisfy(ASCII.isToken) else {
            return expected("the name of a request field")
        }
        return String(bytes: ASCII.lowercased(text.utf8))
    }

    /// `bearer`, `basic`, `{ field: NAME, prefix: TEXT }` or `{ query: NAME }`.
    func scheme() -> CredentialScheme? {
        if let word = scalar, !isTable {
            switch word {
            case "bearer": return .bearer
            case "basic": return .basic
            default: return expected("bearer, basic, { field: NAME } or { query: NAME }")
            }
        }
        guard let table = table(.scheme) else { return nil }
        if let name = table["field"]?.fieldName() {
            return .field(name: name, prefix: table["prefix"]?.lines() ?? "")
        }
        return table.required("query", " (or \"field\")")?.parameter().map { .query(name: $0) }
    }

    func keyPrefixes() -> [KeyPrefix]? {
        guard let table = table(.keyPrefixes) else { return nil }
        return table.entries.flatMap { entry in
            (entry.value.oneOrMore { $0.text("the beginning of a key") } ?? []).map {
                KeyPrefix(prefix: $0, mode: entry.name)
            }
        }
    }

    /// Names of variables, with a text for each.
    func variables() -> [String: String]? {
        guard let table = table() else { return nil }
        var variables: [String: String] = [:]
        for entry in table.entries {
            if !EnvironmentName.isValid(entry.name) {
                entry.key.fail("\"\(entry.name)\" is not the name of a variable")
            }
            variables[entry.name] = entry.value.lines()
        }
        return variables
    }

    /// A path with `{account}` as one of its segments.
    func accountPath() -> String? {
        guard let text = text("a path"), text.hasPrefix("/"), text.split(separator: "/").contains("{account}") else {
            return expected("a path with the segment {account}")
        }
        return text
    }

    func digits() -> Int? { whole(0...6, "a number of digits from 0 to 6") }

    func minorUnits() -> [String: Int]? {
        guard let table = table() else { return nil }
        var units: [String: Int] = [:]
        for entry in table.entries { units[entry.name] = entry.value.digits() }
        return units
    }

    /// `{ field: idempotency-key, window: 24h, owner_window: 7d, replayed: "idempotent-replayed: true" }`.
    func idempotency() -> Idempotency? {
        guard let table = table(.idempotency) else { return nil }
        let field = table.required("field")?.fieldName()
        let window = table.required("window")?.span(.seconds(1) ... .seconds(31_536_000))
        guard let field, let window else { return nil }
        var owned = window
        table.read("owner_window", into: &owned) { $0.span(window ... .seconds(31_536_000)) }
        var idempotency = Idempotency(field: field, window: window, ownerWindow: owned)
        table.read("replayed", into: &idempotency.mark) { $0.mark() }
        return idempotency
    }

    private func mark() -> (name: String, value: String)? {
        guard let text = text("a field and its value") else { return nil }
        let halves = text.split(separator: ":", maxSplits: 1).map { ASCII.trimmed(Array($0.utf8)[...]) }
        guard halves.count == 2, !halves[0].isEmpty, halves[0].allSatisfy(ASCII.isToken), !halves[1].isEmpty else {
            return expected("a field and its value, such as \"idempotent-replayed: true\"")
        }
        return (String(bytes: ASCII.lowercased(halves[0])), String(bytes: ASCII.lowercased(halves[1])))
    }
}
