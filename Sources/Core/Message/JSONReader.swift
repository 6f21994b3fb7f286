/// Recursive descent over bytes; depth is bounded, so a hostile document can't exhaust the stack.
struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0
    private static let depthLimit = 64
    /// What may still come.
    private var bounds: ContentBounds
    /// Bytes of the names of everything that the reader is inside of.
    private var path = 0

    init(_ bytes: [UInt8], _ bounds: ContentBounds = .none) { (self.bytes, self.bounds) = (bytes, bounds) }

    mutating func document() throws(JSONValue.Problem) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw problem("unexpected characters after the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONValue.Problem) -> JSONValue {
        guard depth < Self.depthLimit else { throw problem("nested too deeply") }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    /// The value of a member or an element.
    private mutating func part(named length: Int, _ depth: Int) throws(JSONValue.Problem) -> JSONValue {
        path += length
        defer { path -= length }
        guard bounds.take(name: path) else { throw problem("too many members and elements") }
        return try value(depth: depth + 1)
    }

    private mutating func object(_ depth: Int) throws(JSONValue.Problem) -> JSONValue {
        at += 1
        var members: [JSONValue.Member] = []
        // Keys are compared as bytes: String equality is canonical equivalence.
        var seen: Set<[UInt8]> = []
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw problem("expected a key") }
            let key = try string()
            guard seen.insert(Array(key.utf8)).inserted else { throw problem("duplicate key \"\(key)\"") }
            skipSpace()
            guard take(":") else { throw problem("expected \":\"") }
            members.append(.init(key, try part(named: key.utf8.count, depth)))
            skipSpace()
        } while take(",")
        guard take("}") else { throw problem("expected \",\" or \"}\"") }
        return .object(members)
    }

    private mutating func array(_ depth: Int) throws(JSONValue.Problem) -> JSONValue {
        at += 1
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            values.append(try part(named: ContentBounds.indexLength, depth))
            skipSpace()
        } while take(",")
        guard take("]") else { throw problem("expected \",\" or \"]\"") }
        return .array(values)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONValue.Problem) -> JSONValue {
        guard bytes[at...].starts(with: word.utf8) else { throw problem("expected a value") }
        at += word.utf8.count
        return value
    }

    private mutating func number() throws(JSONValue.Problem) -> String {
        let start = at
        _ = take("-")
        let first = at
        guard digits() > 0 else { throw problem("expected a value") }
        guard bytes[first] != UInt8(ascii: "0") || at == first + 1 else {
            throw problem("a number with a leading zero")
        }
        if take("."), digits() == 0 { throw problem("expected digits after \".\"") }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            if digits() == 0 { throw problem("expected digits in the exponent") }
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = at
        while let byte = peek, ASCII.isDigit(byte) { at += 1 }
        return at - start
    }

    private mutating func string() throws(JSONValue.Problem) -> String {
        at += 1
        var text: [UInt8] = []
        while let byte = peek {
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw problem("not UTF-8") }
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw problem("a control character in a string")
            default: text.append(byte)
            }
        }
        throw problem("a string without an end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONValue.Problem) {
        guard let byte = peek else { throw problem("a string without an end") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw problem("an unknown escape")
        }
    }

    private mutating func scalar() throws(JSONValue.Problem) -> Unicode.Scalar {
        let high = try unit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, take("\\"), take("u") else { throw problem("a lone surrogate") }
        let low = try unit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        else { throw problem("a lone surrogate") }
        return scalar
    }

    private mutating func unit() throws(JSONValue.Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = ASCII.hexValue(byte) else { throw problem("expected four hex digits") }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private func problem(_ message: String) -> JSONValue.Problem { .init(message: message, offset: at) }
}
