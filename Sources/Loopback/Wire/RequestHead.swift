/// A field line: its name as it came, its value without the spaces around it.
package struct Field: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// The head of a request: the exact bytes, and what they say.
package struct RequestHead: Sendable, Hashable {
    /// From the request line to the empty line, both with their line ends.
    package let bytes: [UInt8]
    package let method: String
    package let target: String
    /// The minor version: 1 for HTTP/1.1.
    package let minorVersion: Int
    /// All field lines in the order in which they arrived.
    package let fields: [Field]

    /// The values of a field, whatever the case of its name.
    package func values(_ name: String) -> [String] {
        let name = name.lowercased()
        return fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// The first value of a field.
    package func value(_ name: String) -> String? {
        values(name).first
    }

    /// Reads the lines of a head, given without their line ends. As strict as RFC 9112 allows: a recording that
    /// guesses would prove nothing.
    init(lines: [[UInt8]]) throws(Malformed) {
        guard let first = lines.first else { throw Malformed("no request line") }
        let parts = first.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isToken(parts[0]), Self.isVisible(parts[1]) else {
            throw Malformed("request line")
        }
        switch String(decoding: parts[2], as: UTF8.self) {
        case "HTTP/1.1": minorVersion = 1
        case "HTTP/1.0": minorVersion = 0
        default: throw Malformed("version")
        }
        method = String(decoding: parts[0], as: UTF8.self)
        target = String(decoding: parts[1], as: UTF8.self)
        fields = try lines.dropFirst().map { (line) throws(Malformed) in try Self.field(line) }
        bytes = Array((lines + [[]]).map { $0 + [0x0d, 0x0a] }.joined())
    }

    static func field(_ line: [UInt8]) throws(Malformed) -> Field {
        guard let colon = line.firstIndex(of: 0x3a), isToken(line[..<colon]) else { throw Malformed("field name") }
        let value = trimmed(line[(colon + 1)...])
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else { throw Malformed("field value") }
        return Field(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var value = value
        while let byte = value.first, byte == 0x20 || byte == 0x09 { value.removeFirst() }
        while let byte = value.last, byte == 0x20 || byte == 0x09 { value.removeLast() }
        return value
    }

    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(tokenBytes.contains)
    }

    private static func isVisible(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    private static let tokenBytes = Set(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}

/// Bytes that are no request by the strict reading of RFC 9112.
package struct Malformed: Error, Hashable, Sendable {
    package let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
