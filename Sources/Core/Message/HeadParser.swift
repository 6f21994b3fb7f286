/// Reads a request's head strictly (RFC 9112): what could be read in two ways is refused.
package enum HeadParser {
    package static let headLimit = 32 * 1024
    package static let fieldLimit = 100

    /// - Parameter bytes: the whole head, from the method to the empty line.
    /// - Returns: what the head says, not yet judged.
    /// - Throws: `.malformedRequest`, `.headTooLarge`, `.methodNotAllowed`, `.upgradeNotSupported`.
    package static func parse(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> RequestHead {
        var lines = Lines(bytes)
        guard let first = try lines.next() else { throw .malformedRequest("an empty request line") }
        let (name, target, minor) = try requestLine(first)
        let fields = try self.fields(&lines)
        guard let method = Method(rawValue: String(bytes: name)) else { throw .methodNotAllowed }
        try checkHost(fields, method, minor)
        try checkUpgrade(fields)
        try checkSingle(fields)
        var head = RequestHead(method: method, target: Array(target), fields: fields)
        head.readsChunks = minor == 1
        if let host = fields["host"], Authority(host) == nil {
            throw .malformedRequest("a Host field that names no host")
        }
        head.framing = try framing(fields, minor)
        // Its content would be taken for the tunnel's first bytes.
        if method == .connect, head.framing != .none { throw .malformedRequest("a CONNECT with content") }
        head.keepAlive = keepAlive(fields, minor)
        head.expectsContinue = try expectsContinue(fields, minor)
        return head
    }

    /// Judges what has come of a head, so that nobody waits for the rest of what can never be one.
    /// - Parameters:
    ///   - bytes: a head from its method on.
    ///   - start: where the bytes begin that were not judged before.
    /// - Throws: `.malformedRequest`.
    package static func checkBegun(_ bytes: ArraySlice<UInt8>, from start: Int) throws(Refusal) {
        try checkLines(bytes, from: start)
        // The end of the first line, when it has just come; a CR alone may be that of an empty line before it.
        guard let end = bytes[start...].firstIndex(of: 0x0D), end > bytes.startIndex, !bytes[..<end].contains(0x0D)
        else { return }
        _ = try requestLine(bytes[..<end])
    }

    /// Refuses lines that end in another way than CRLF as soon as they are there.
    static func checkLines(_ bytes: ArraySlice<UInt8>, from start: Int) throws(Refusal) {
        let isPlain =
            bytes.first != 0x0A
            && bytes[start...].indices.dropFirst(start == bytes.startIndex ? 1 : 0)
                .allSatisfy { (bytes[$0 - 1] == 0x0D) == (bytes[$0] == 0x0A) }
        guard isPlain else { throw .malformedRequest("a line that does not end with CRLF") }
    }

    private static func requestLine(
        _ line: ArraySlice<UInt8>
    ) throws(Refusal) -> (ArraySlice<UInt8>, ArraySlice<UInt8>, minor: UInt8) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(ASCII.isToken), !parts[1].isEmpty,
            parts[1].allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { throw .malformedRequest("the request line is not \"METHOD target HTTP/1.1\"") }
        let version = parts[2]
        guard version.count == 8, version.starts(with: "HTTP/1.".utf8), let minor = version.last,
            minor == UInt8(ascii: "0") || minor == UInt8(ascii: "1")
        else { throw .malformedRequest("only HTTP/1.1 and HTTP/1.0 are spoken here") }
        return (parts[0], parts[1], minor - UInt8(ascii: "0"))
    }

    /// The field lines up to the empty one.
    static func fields(_ lines: inout Lines) throws(Refusal) -> Fields {
        var fields = Fields()
        fields.reserve(bytes: lines.left, lines: 16)
        while let line = try lines.next(), !line.isEmpty {
            guard fields.count < fieldLimit else { throw .headTooLarge }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                throw .malformedRequest("a field line without a colon")
            }
            let name = line[..<colon]
            let value = ASCII.trimmed(line[(colon + 1)...])
            guard !name.isEmpty, name.allSatisfy(ASCII.isToken) else {
                throw .malformedRequest("a field name with characters that are not allowed")
            }
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .malformedRequest("a field value with control characters")
            }
            fields.append(name, value)
        }
        return fields
    }

    private static func checkHost(_ fields: Fields, _ method: Method, _ minor: UInt8) throws(Refusal) {
        let hosts = fields.count("host")
        // Python's http.client sends CONNECT as HTTP/1.0 and without Host.
        guard hosts == 1 || hosts == 0 && (method == .connect || minor == 0) else {
            throw .malformedRequest(hosts == 0 ? "no Host field" : "more than one Host field")
        }
    }

    private static func checkUpgrade(_ fields: Fields) throws(Refusal) {
        if fields.contains("upgrade") { throw .upgradeNotSupported }
    }

    /// Two of them are two requests: nobody knows which one the origin, or we, would go by.
    private static func checkSingle(_ fields: Fields) throws(Refusal) {
        for name in ["content-type", "proxy-authorization"] where fields.count(name) > 1 {
            throw .malformedRequest("more than one \(name)")
        }
    }

    private static func framing(_ fields: Fields, _ minor: UInt8) throws(Refusal) -> Framing {
        guard fields.count("content-length") + fields.count("transfer-encoding") <= 1 else {
            throw .malformedRequest("more than one field says how long the content is")
        }
        if let coding = fields["transfer-encoding"] {
            guard minor == 1, ASCII.equal(coding, "chunked") else {
                throw .malformedRequest("a transfer coding other than chunked")
            }
            return .chunked
        }
        guard let length = fields["content-length"] else { return .none }
        guard length.count <= 18, let count = Decimals.whole(length) else {
            throw .malformedRequest("a Content-Length that is not a number")
        }
        return count == 0 ? .none : .fixed(count)
    }

    private static func keepAlive(_ fields: Fields, _ minor: UInt8) -> Bool {
        if fields.lists("close", in: "connection") || fields.lists("close", in: "proxy-connection") { return false }
        // HTTP/1.0's own keep-alive is not spoken: its clients are told so by the close (RFC 9112, section 9.3).
        return minor == 1
    }

    private static func expectsContinue(_ fields: Fields, _ minor: UInt8) throws(Refusal) -> Bool {
        let expectations = fields.all("expect")
        guard expectations.allSatisfy({ ASCII.equal($0, "100-continue") }) else {
            throw .malformedRequest("an expectation other than 100-continue")
        }
        return !expectations.isEmpty && minor == 1
    }
}

/// Lines that end with CRLF and nothing else: a bare CR or LF is read differently by different servers.
struct Lines {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// How many bytes are left.
    var left: Int { rest.count }

    /// The next line without its end, or nil at the end of the bytes.
    mutating func next() throws(Refusal) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        guard let end = rest.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }), rest[end] == 0x0D,
            end + 1 < rest.endIndex, rest[end + 1] == 0x0A
        else { throw .malformedRequest("a line that does not end with CRLF") }
        defer { rest = rest[(end + 2)...] }
        return rest[..<end]
    }
}
