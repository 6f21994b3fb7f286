internal import Core

extension ObjectReader {
    /// `"tags": {"tenant": "acme", "user": "42"}`; numbers are taken as they are written.
    func tags(_ field: String = "tags") throws(APIProblem) -> Tags {
        guard let value = self[field] else { return [:] }
        guard case .object(let members) = value else { throw .field(field, "expected an object of strings") }
        guard members.count <= Tag.most else { throw .field(field, "has more than \(Tag.most) tags") }
        var tags = Tags()
        for member in members {
            guard Tag.isName(member.key) else { throw .field(field, Tag.nameExpected(Shown.text(member.key))) }
            let text: String? =
                switch member.value {
                case .string(let text), .number(let text): text
                default: nil
                }
            guard let text, Tag.isValue(text) else {
                throw .field("\(field).\(member.key)", "expected 1 to 128 bytes without commas and control characters")
            }
            tags[member.key] = text
        }
        return tags
    }
}

extension Query {
    /// The parameters `tag.NAME`, each a glob.
    func tags() throws(APIProblem) -> [String: Glob] {
        var tags: [String: Glob] = [:]
        for (name, value) in prefixed("tag.") {
            guard Tag.isName(name) else { throw .field("tag.*", Tag.nameExpected(Shown.text(name))) }
            tags[name] = Glob(value)
        }
        return tags
    }
}

extension Tag {
    static func nameExpected(_ found: String) -> String {
        "\"\(found)\" is no tag's name: lower-case letters, digits and _, at most 32, and none of run, label, policy, vendor"
    }
}

extension APIProblem {
    /// Why a key or run can't have its tags.
    init(_ problem: TagProblem) {
        switch problem {
        case .ambiguous: self = .field("label", problem.message)
        case .contradiction(let name, _, _), .missing(let name): self = .field("tags.\(name)", problem.message)
        }
    }
}
