internal import Core

/// A JSON object read strictly: no unknown key, no key twice, no value of another type; each problem names its field.
struct ObjectReader {
    private let members: [JSONValue.Member]

    /// Content that is absent is an empty object.
    init(_ content: [UInt8], known: [String]) throws(APIProblem) {
        members = content.isEmpty ? [] : try Self.members(content)
        for member in members where !known.contains(where: { $0.utf8.elementsEqual(member.key.utf8) }) {
            throw .field(Shown.text(member.key), "unknown field; known here: \(known.joined(separator: ", "))")
        }
    }

    private static func members(_ content: [UInt8]) throws(APIProblem) -> [JSONValue.Member] {
        let value: JSONValue
        do { value = try JSONValue.parse(judged: content) } catch {
            throw .malformed("The content is not JSON: \(error.message) at byte \(error.offset).")
        }
        guard case .object(let members) = value else { throw .malformed("The content is not a JSON object.") }
        return members
    }

    /// The value of a key; absent and null are the same.
    subscript(_ name: String) -> JSONValue? {
        members.first { $0.key.utf8.elementsEqual(name.utf8) }.flatMap { $0.value == .null ? nil : $0.value }
    }

    /// The value under any of several names for one thing; more than one of them is a problem.
    func value(_ names: [String]) throws(APIProblem) -> (name: String, value: JSONValue)? {
        let given = names.compactMap { name in self[name].map { (name, $0) } }
        guard given.count < 2 else {
            throw .field(given[1].0, "means the same as \(given[0].0); give only one of them")
        }
        return given.first
    }

    func text(_ name: String) throws(APIProblem) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.text else { throw .field(name, "expected a string") }
        return text
    }

    func texts(_ name: String) throws(APIProblem) -> [String]? {
        guard let value = self[name] else { return nil }
        guard case .array(let values) = value else { throw .field(name, "expected an array of strings") }
        var texts: [String] = []
        for value in values {
            guard let text = value.text else { throw .field(name, "expected an array of strings") }
            texts.append(text)
        }
        return texts
    }

    /// Dollars, as a JSON number or a decimal string; not negative, exact to the micro-dollar.
    func dollars(_ name: String) throws(APIProblem) -> Money? {
        let text: String
        switch self[name] {
        case nil: return nil
        case .number(let written): text = Number.plain(written) ?? written
        case .string(let written): text = written
        default: throw .field(name, "expected dollars such as 500 or 12.50")
        }
        guard let money = Dollars.read(text) else {
            throw .field(name, "expected dollars such as 500 or 12.50: not negative, at most six decimals")
        }
        guard money <= Dollars.most else { throw .field(name, "more than \(Dollars.most) is no cap") }
        return money
    }

    /// `"1h30m"`, `"300"` or 300: seconds, at least one.
    func span(_ name: String) throws(APIProblem) -> Span? {
        let text: String
        switch self[name] {
        case nil: return nil
        case .number(let written): text = Number.plain(written) ?? written
        case .string(let written): text = written
        default: throw .field(name, "expected a span such as \"5m\" or seconds")
        }
        guard let span = Span(text: text), span > .seconds(0) else {
            throw .field(name, "expected a span such as \"5m\" or seconds, at least one")
        }
        return span
    }

    func moment(_ name: String) throws(APIProblem) -> Moment? {
        guard let text = try text(name) else { return nil }
        guard let moment = Moment(rfc3339: text) else {
            throw .field(name, "expected a time such as \"2026-11-24T02:11:04Z\"")
        }
        return moment
    }
}

/// Dollars as programs write them.
enum Dollars {
    /// A billion dollars: far above any cap, and far below what the sums of many accounts could overflow.
    static let most = Money(micros: 1_000_000_000_000_000)

    /// Decimal dollars. Zeros behind the sixth decimal change nothing and are let go (`0.1000000`).
    static func read(_ text: String) -> Money? {
        var digits = text[...]
        if let point = text.firstIndex(of: "."), text[point...].utf8.count > 7 {
            while digits.hasSuffix("0"), digits[point...].utf8.count > 7 { digits.removeLast() }
        }
        return Money(decimal: digits)
    }
}
