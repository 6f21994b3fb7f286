/// Reads what `RowWriter` writes: one flat object of text and whole numbers. Anything else is nil.
struct RowReader {
    private var values: [String: [UInt8]] = [:]

    init?(_ bytes: [UInt8]) {
        var at = Scan(bytes)
        guard at.take("{") else { return nil }
        repeat {
            guard let key = at.text(), at.take(":"), let value = at.peek("\"") ? at.text() : at.number(),
                values.updateValue(value, forKey: String(bytes: key)) == nil
            else { return nil }
        } while at.take(",")
        guard at.take("}"), at.atEnd else { return nil }
    }

    func text(_ key: String) -> String? { values[key].map { String(bytes: $0) } }

    func moment(_ key: String) -> Moment? { values[key].flatMap { Moment(text: $0) } }

    func number(_ key: String) -> Int64? {
        guard let bytes = values[key] else { return nil }
        guard bytes.first == UInt8(ascii: "-") else { return Decimals.whole(bytes) }
        return Decimals.whole(bytes.dropFirst()).map { -$0 }
    }

    func span(_ key: String) -> Span? { number(key).map { Span(microseconds: $0) } }

    func money(_ key: String) -> Money? {
        guard let bytes = values[key] else { return nil }
        let negative = bytes.first == UInt8(ascii: "-")
        let micros = Decimals.scaled(negative ? Array(bytes.dropFirst()) : bytes, digits: 6)
        return micros.map { Money(micros: negative ? -$0 : $0) }
    }

    /// A place in the bytes.
    private struct Scan {
        private let bytes: [UInt8]
        private var at = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var atEnd: Bool { at == bytes.count }

        func peek(_ mark: Unicode.Scalar) -> Bool { at < bytes.count && bytes[at] == UInt8(ascii: mark) }

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            guard peek(mark) else { return false }
            at += 1
            return true
        }

        mutating func number() -> [UInt8]? {
            let start = at
            while at < bytes.count, ASCII.isDigit(bytes[at]) || bytes[at] == UInt8(ascii: "-") { at += 1 }
            return at > start ? Array(bytes[start..<at]) : nil
        }

        mutating func text() -> [UInt8]? {
            guard take("\"") else { return nil }
            var text: [UInt8] = []
            while at < bytes.count {
                let byte = bytes[at]
                at += 1
                if byte == UInt8(ascii: "\"") { return text }
                guard byte == UInt8(ascii: "\\") else {
                    text.append(byte)
                    continue
                }
                guard let plain = escaped() else { return nil }
                text.append(plain)
            }
            return nil
        }

        /// What follows a backslash: `"`, `\`, `n`, `r`, `t`, or `u00XX`.
        private mutating func escaped() -> UInt8? {
            if let plain = Self.escapes.first(where: { peek($0.mark) })?.plain {
                at += 1
                return plain
            }
            guard take("u"), take("0"), take("0"), at + 2 <= bytes.count, let high = ASCII.hexValue(bytes[at]),
                let low = ASCII.hexValue(bytes[at + 1])
            else { return nil }
            at += 2
            return high << 4 | low
        }

        private static let escapes: [(mark: Unicode.Scalar, plain: UInt8)] = [
            ("\"", 0x22), ("\\", 0x5C), ("n", 0x0A), ("r", 0x0D), ("t", 0x09),
        ]
    }
}
