internal import Core

extension Value {
    /// Reads `only`: a table of fields, each with one pattern or several.
    func fieldRules(operation: String? = nil) -> [FieldRule] {
        guard let table = table() else { return [] }
        return table.entries.compactMap { entry in
            guard FieldRule.isField(entry.name) else {
                entry.key.fail("expected a field's name, such as customer or metadata[user]")
                return nil
            }
            let values = entry.value.oneOrMore { $0.fieldPattern() }
            return values.map { FieldRule(field: entry.name, values: $0, operation: operation) }
        }
    }

    private func fieldPattern() -> String? {
        guard let text = text("a value such as \"{tag.customer}\" or \"+1*\"") else { return nil }
        return FieldPattern(text) != nil
            ? text : expected("a value in which only *, {tag.NAME}, {run} and {label} mean something else")
    }
}
