extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { $1 })
    }

    package init(stringLiteral value: String) { self = .string(value) }

    package init(integerLiteral value: Int) { self = .number(Double(value)) }

    /// As it is sent.
    package var encoded: String {
        switch self {
        case .object(let members):
            "{" + members.map { "\(JSON.string($0.key).encoded):\($0.value.encoded)" }.joined(separator: ",") + "}"
        case .list(let items): "[" + items.map(\.encoded).joined(separator: ",") + "]"
        case .number(let number) where number == number.rounded(): String(Int64(number))
        default: description
        }
    }
}
