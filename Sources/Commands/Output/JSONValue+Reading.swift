internal import Core

extension JSONValue {
    /// A string under a key; empty where there is none.
    func string(_ key: String) -> String { self[key]?.text ?? "" }

    /// A member that is a number.
    func integer(_ key: String) -> Int? {
        guard case .number(let text) = self[key] else { return nil }
        return Int(text)
    }

    func flag(_ key: String) -> Bool { self[key] == .bool(true) }

    /// Dollars that are a number or a decimal string; nil for null and where there is none.
    func money(_ key: String) -> Money? {
        switch self[key] {
        case .number(let text), .string(let text): Money(decimal: text)
        default: nil
        }
    }

    func time(_ key: String) -> Moment? { self[key]?.text.flatMap { Moment(rfc3339: $0) } }

    func list(_ key: String) -> [JSONValue] {
        if case .array(let values) = self[key] { values } else { [] }
    }

    func members(_ key: String) -> [Member] {
        if case .object(let members) = self[key] { members } else { [] }
    }
}
