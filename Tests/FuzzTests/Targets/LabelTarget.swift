@testable import Core

/// A label's template and a label: what is read with certainty is the only way to read it, and puts the label together.
enum LabelTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(bytes, 2)
        guard let text = parts.text(0), let label = parts.text(1), let template = LabelTemplate(text) else { return }
        try hold(Set(template.names).count == template.names.count, "a tag twice in \(text)")
        try hold(LabelTemplate(template.text) == template, "read again, \(text) is another template")
        guard case .certain(let tags) = template.read(label) else { return }
        try hold(Set(tags.keys) == Set(template.names), "not all tags were read from \(label)")
        try hold(tags.values.allSatisfy(Tag.isValue), "a value that no tag has")
        try checkWhole(text, label, tags)
        _ = FieldPattern(text)
    }

    /// Without placeholders for other things, template and tags make the label.
    private static func checkWhole(_ text: String, _ label: String, _ tags: Tags) throws(Broken) {
        guard !["{run}", "{label}", "{policy}", "{vendor}"].contains(where: { text.contains($0) }) else { return }
        var (made, rest) = ([UInt8](), Array(text.utf8)[...])
        while let open = rest.firstIndex(of: UInt8(ascii: "{")),
            let close = rest[open...].firstIndex(of: UInt8(ascii: "}"))
        {
            let name = rest[(open + 1)..<close].prefix { $0 != UInt8(ascii: ":") }
            made += rest[..<open] + Array((tags[String(bytes: name)] ?? "?").utf8)
            rest = rest[(close + 1)...]
        }
        try hold(made + rest == Array(label.utf8), "\(tags) in \(text) do not make \(label)")
    }
}
