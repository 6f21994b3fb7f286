/// A JSON value read strictly (RFC 8259): no duplicate keys, no trailing commas, no lone surrogates, numbers as text.
///
/// Foundation's two readers disagree on duplicate keys and accept a trailing comma, so neither may judge money.
package indirect enum JSONValue: Sendable, Equatable {
    case object([Member])
    case array([JSONValue])
    case string(String)
    /// As it was written: `1`, `-2.50`, `1e9`.
    case number(String)
    case bool(Bool)
    case null

    package struct Member: Sendable, Equatable {
        package var key: String
        package var value: JSONValue

        package init(_ key: String, _ value: JSONValue) { (self.key, self.value) = (key, value) }
    }

    package struct Problem: Error, Sendable, Equatable {
        package var message: String
        package var offset: Int
    }

    /// Reads one value that fills `bytes`.
    package static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
        var reader = JSONReader(bytes)
        return try reader.document()
    }

    /// Reads what a request brings and is judged by.
    package static func parse(judged bytes: [UInt8]) throws(Problem) -> JSONValue {
        var reader = JSONReader(bytes, .judged)
        return try reader.document()
    }

    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    package subscript(_ path: JSONPath) -> JSONValue? {
        var value: JSONValue? = self
        for key in path.keys { value = value?[key] }
        return value
    }

    package var text: String? { if case .string(let text) = self { text } else { nil } }

    /// The value as JSON, members in order, numbers as they were written.
    package func write(to bytes: inout [UInt8]) {
        switch self {
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .string(let text): JSONText.append(text, to: &bytes)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .null: bytes.append(contentsOf: "null".utf8)
        }
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }
}

/// Strings as JSON.
package enum JSONText {
    /// Appends a quoted, escaped string.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text.utf8, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends the escaped characters alone.
    package static func appendEscaped(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        let plain: Void? = text.withContiguousStorageIfAvailable { text in
            if isPlain(text) { bytes.append(contentsOf: text) } else { escape(text, to: &bytes) }
        }
        if plain == nil { escape(text, to: &bytes) }
    }

    /// Whether nothing in it needs escaping.
    static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool { !text.contains(where: mustBeEscaped) }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private static func escape(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0..<0x20, 0x7F: bytes += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
