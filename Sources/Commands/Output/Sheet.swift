internal import Core

/// One thing with its members under each other.
enum Sheet {
    /// Second names of what is shown already.
    private static let hidden: Set<String> = ["key_id", "vault_key", "agent_run_label", "run_id"]

    static func text(_ value: JSONValue) -> String {
        guard case .object(let members) = value else { return value.line }
        var table = Table([.init(""), .init("")])
        for member in members where !hidden.contains(member.key) || value["id"] == nil {
            for (index, line) in lines(member).enumerated() {
                table.add([index == 0 ? member.key.replacing("_", with: " ") : "", line])
            }
        }
        return table.body
    }

    private static func lines(_ member: JSONValue.Member) -> [String] {
        switch member.value {
        case .string(let text): [member.key.contains("usd") ? "$" + text : text]
        case .number(let text): [member.key.contains("usd") ? Money(decimal: text).shown : text]
        case .bool(let value): [value ? "yes" : "no"]
        case .null: ["–"]
        case .array(let values): values.isEmpty ? ["none"] : values.map(inline)
        case .object(let members): members.map { "\($0.key)=\(inline($0.value))" }
        }
    }

    private static func inline(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .object(let members): members.map { "\($0.key)=\(inline($0.value))" }.joined(separator: " ")
        default: value.line
        }
    }
}
