/// What a key or a run belongs to (`tenant: acme, user: 42`): budgets are counted and stops are made by it.
package typealias Tags = [String: String]

/// The spelling of tags.
package enum Tag {
    /// A lower-case letter, then letters, digits and `_`; at most 32. The words of `per` are taken.
    package static func isName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, (0x61...0x7A).contains(first), bytes.count <= 32 else { return false }
        return bytes.allSatisfy { (0x61...0x7A).contains($0) || ASCII.isDigit($0) || $0 == 0x5F }
            && !taken.contains(name)
    }

    /// 1 to 128 bytes in Unicode's form NFC, without control characters and commas: those part values in lists.
    package static func isValue(_ value: String) -> Bool {
        (1...128).contains(value.utf8.count) && value.isNormal
            && value.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: false
                default: scalar != ","
                }
            }
    }

    package static let most = 16

    /// Names that budgets and templates use for other things.
    private static let taken: Set = ["run", "label", "policy", "vendor"]

    /// `tenant=acme,user=42`, in the order of the names; nil without tags.
    package static func text(_ tags: Tags) -> String? {
        tags.isEmpty ? nil : tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// Reads what `text` writes. By bytes: a mark of a value may be one character with the sign beside it.
    package static func read(_ text: String?) -> Tags {
        var tags = Tags()
        for pair in Array((text ?? "").utf8).split(separator: UInt8(ascii: ",")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            guard name.count < pair.count else { continue }
            tags[String(bytes: name)] = String(bytes: pair.dropFirst(name.count + 1))
        }
        return tags
    }
}

extension [String: Glob] {
    /// Whether each of these tags is there with a value that fits.
    package func fit(_ tags: Tags) -> Bool { allSatisfy { name, glob in tags[name].map(glob.matches) ?? false } }
}

/// What decides the tags of keys and runs beyond what they are given.
package struct TagRules: Sendable, Equatable {
    /// The first that a label fits gives tags.
    package var templates: [LabelTemplate] = []
    /// Tags that every key and run must have, so that nothing escapes its budget through a free-text label.
    package var required: [String] = []

    package init() {}

    /// The tags of something with this label and these given tags.
    package func tags(_ given: Tags, label: String, also needed: [String] = []) throws(TagProblem) -> Tags {
        var tags = given
        if let (template, reading) = reading(of: label) {
            switch reading {
            case .ambiguous:
                // Given tags say what the label can't.
                let missing = template.names.first { given[$0] == nil }
                if let missing { throw .ambiguous(label: label, template: template.text, missing: missing) }
            case .certain(let read):
                for (name, value) in read {
                    if let own = given[name], own != value { throw .contradiction(name, given: own, label: value) }
                    tags[name] = value
                }
            }
        }
        if let missing = (required + needed).first(where: { tags[$0] == nil }) { throw .missing(missing) }
        return tags
    }

    /// The same, with other templates before its own.
    func reading(_ first: [LabelTemplate]) -> TagRules {
        var rules = self
        rules.templates = first + templates
        return rules
    }

    /// The same as far as it is certain: for stops, which must not depend on what else is wrong.
    func certain(_ given: Tags, label: String) -> Tags {
        guard case .certain(let read) = reading(of: label)?.1 else { return given }
        return given.merging(read) { own, _ in own }
    }

    private func reading(of label: String) -> (LabelTemplate, LabelTemplate.Reading)? {
        for template in templates {
            if let reading = template.read(label) { return (template, reading) }
        }
        return nil
    }
}

/// Why something can't have its tags.
package enum TagProblem: Error, Sendable, Equatable {
    case ambiguous(label: String, template: String, missing: String)
    case contradiction(String, given: String, label: String)
    case missing(String)

    package var message: String {
        switch self {
        case .ambiguous(let label, let template, let missing):
            "the label \"\(label)\" can be read in more than one way by \(template); give the tag \"\(missing)\" itself"
        case .contradiction(let name, let given, let label):
            "the tag \"\(name)\" is \"\(given)\", but the label says \"\(label)\""
        case .missing(let name): "the tag \"\(name)\" is required"
        }
    }
}
