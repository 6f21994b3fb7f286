internal import Core

extension TagRules {
    /// Reads `tags`.
    mutating func read(_ value: Value) {
        guard let table = value.table(.tags) else { return }
        table.read("from_label", into: &templates) { $0.oneOrMore { $0.tagTemplate() } }
        table.read("required", into: &required) { $0.tagNames() }
    }

    /// Everything that decides, in one text.
    var content: String { self == TagRules() ? "" : "\(templates.map(\.text)) \(required)" }
}

extension Rules {
    /// Everything that decides tags, in one text.
    var tagContent: String {
        let own = trusted.filter { !$0.templates.isEmpty }.map { "\($0.runs.text) \($0.templates.map(\.text))" }
        return ([tagRules.content] + own).joined(separator: "\n")
    }
}

extension Value {
    /// Tag names, one or more.
    func tagNames() -> [String]? { oneOrMore { $0.tagName() } }

    /// Tags with one value each.
    func tags() -> Tags? {
        entries { $0.value.text("a tag's value").flatMap { Tag.isValue($0) ? $0 : nil } }
    }

    /// Tags with a pattern each.
    func tagGlobs() -> [String: Glob]? { entries { $0.value.glob() } }

    private func entries<T>(_ read: (Table.Entry) -> T?) -> [String: T]? {
        guard let table = table() else { return nil }
        var found: [String: T] = [:]
        for entry in table.entries {
            guard let name = entry.key.tagName() else { continue }
            guard let value = read(entry) else {
                entry.value.fail("expected a tag's value: at most 128 bytes, without commas and control characters")
                continue
            }
            found[name] = value
        }
        return found
    }

    private func tagName() -> String? {
        guard let name = text("a tag's name") else { return nil }
        return Tag.isName(name)
            ? name
            : expected(
                "a tag's name: lower-case letters, digits and _, at most 32, and none of run, label, policy, vendor")
    }

    func tagTemplate() -> LabelTemplate? {
        guard let text = text("a label with tags such as \"tenant-{tenant}-{user}-{run}\"") else { return nil }
        return LabelTemplate(text)
            ?? expected(
                "a label with tags such as \"tenant-{tenant}-{user}-{run}\", each once and something between them")
    }
}
