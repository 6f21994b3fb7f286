internal import Core

/// The parameters of a query, read strictly: each known, each at most once.
struct Query: Sendable {
    private var values: [String: String] = [:]

    init(_ text: String?, known: [String]) throws(APIProblem) {
        for pair in (text ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Percent.decode(parts[0], plus: true),
                let value = Percent.decode(parts.count == 2 ? parts[1] : "", plus: true)
            else { throw .malformed("The query is not percent-encoded UTF-8.") }
            let open = name.hasPrefix("tag.") && known.contains("tag.*")
            guard open || known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                throw .field(Shown.text(name), "unknown parameter; known here: \(known.joined(separator: ", "))")
            }
            guard values.updateValue(value, forKey: name) == nil else { throw .field(name, "given more than once") }
        }
    }

    /// The value; nil when it is absent or empty.
    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The value of what can't be empty. A script's variable without a value must not ask for everything.
    func filled(_ name: String) throws(APIProblem) -> String? {
        guard let text = values[name] else { return nil }
        guard !text.isEmpty else { throw .field(name, "is empty; leave it out instead") }
        return text
    }

    /// Those whose name begins so, without that beginning.
    func prefixed(_ prefix: String) -> [(String, String)] {
        values.filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    }

    func glob(_ name: String) -> Glob? { self[name].map { Glob($0) } }

    /// RFC 3339, or a span before now (`5m`).
    func moment(_ name: String, now: Moment) throws(APIProblem) -> Moment? {
        guard let text = try filled(name) else { return nil }
        if let span = Span(text: text) { return now + Span(microseconds: -span.microseconds) }
        guard let moment = Moment(rfc3339: text) else {
            throw .field(name, "expected a time such as 2026-11-24T02:11:04Z, or a span before now such as 15m")
        }
        return moment
    }

    func limit(default normal: Int, most: Int) throws(APIProblem) -> Int {
        guard let text = try filled("limit") else { return normal }
        guard let number = Decimals.whole(Array(text.utf8)), (1...Int64(most)).contains(number) else {
            throw .field("limit", "expected a number from 1 to \(most)")
        }
        return Int(number)
    }

    func number(_ name: String) throws(APIProblem) -> Int64? {
        guard let text = try filled(name) else { return nil }
        guard let number = Decimals.whole(Array(text.utf8)) else { throw .field(name, "expected a whole number") }
        return number
    }

    func oneOf(_ name: String, _ values: [String]) throws(APIProblem) -> String? {
        guard let text = try filled(name) else { return nil }
        guard values.contains(text) else { throw .field(name, "expected one of \(values.joined(separator: ", "))") }
        return text
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum Percent {
    /// nil when it is malformed or not UTF-8. With `plus`, `+` is a space, as in forms.
    static func decode(_ text: some StringProtocol, plus: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let high = rest.popFirst().flatMap(ASCII.hexValue),
                    let low = rest.popFirst().flatMap(ASCII.hexValue)
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plus && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// What a caller wrote, as it may stand in a message.
enum Shown {
    /// At most `limit` characters, control characters replaced.
    static func text(_ text: String, limit: Int = 64) -> String {
        String(text.unicodeScalars.prefix(limit).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }
}
