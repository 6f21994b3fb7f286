internal import Core

extension JSONValue {
    /// In the order of the names.
    static func tags(_ tags: Tags) -> JSONValue {
        .object(tags.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
    }

    /// An object of the members that have a value, in this order.
    static func fields(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    static func count(_ number: some BinaryInteger) -> JSONValue { .number(String(number)) }

    /// RFC 3339 in UTC.
    static func time(_ moment: Moment) -> JSONValue { .string(moment.rfc3339) }

    /// Dollars as a JSON number, exact: `500`, `499.5`, `0.0004`. For the calls that the vault-key wire format knows.
    static func usd(_ money: Money) -> JSONValue {
        var text = money.decimal[...]
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return .number(String(text))
    }

    /// Dollars as a string: `"5.00"`. For our own calls.
    static func usdText(_ money: Money) -> JSONValue { .string(money.decimal) }

    /// Milliseconds, rounded down.
    static func milliseconds(_ span: Span) -> JSONValue { .count(span.microseconds / 1000) }

    /// The string, or nil where there is none.
    static func text(_ text: String?) -> JSONValue? { text.map { .string($0) } }
}
