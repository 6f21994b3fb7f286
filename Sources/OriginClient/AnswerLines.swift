internal import Core

/// `HTTP/1.1 200 OK` (RFC 9112, section 4).
struct StatusLine {
    let status: Int
    let reason: FieldBytes
    /// HTTP/1.0.
    let isOld: Bool

    init(_ text: FieldBytes) throws(AnswerError) {
        guard text.count >= 12, text.starts(with: "HTTP/1.".utf8), text[7] == 0x30 || text[7] == 0x31, text[8] == 0x20
        else { throw AnswerError("not an HTTP/1.1 status line") }
        let digits = text[9..<12]
        guard digits.allSatisfy(ASCII.isDigit), digits[9] != 0x30 else { throw AnswerError("a malformed status") }
        status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        isOld = text[7] == 0x30
        // Many origins leave the space out when there is no reason phrase.
        guard text.count == 12 || text[12] == 0x20 else { throw AnswerError("a malformed status") }
        reason = FieldBytes(rebasing: text[min(13, text.count)...])
        guard reason.allSatisfy(FieldLine.isText) else { throw AnswerError("control bytes in the reason phrase") }
    }
}

/// `Name: value` (RFC 9112, section 5), the value without its outer white space.
struct FieldLine {
    let name: FieldBytes
    let value: FieldBytes

    init(_ text: FieldBytes) throws(AnswerError) {
        // Also refuses folded lines (obs-fold): they begin with white space, which no name contains.
        var colon = 0
        while colon < text.count, text[colon] != 0x3A {
            guard Self.isToken(text[colon]) else { throw AnswerError("a malformed field name, or a folded line") }
            colon += 1
        }
        guard colon > 0, colon < text.count else { throw AnswerError("a field line without a name") }
        name = FieldBytes(rebasing: text[0..<colon])
        value = Self.trimmed(FieldBytes(rebasing: text[(colon + 1)...]))
        guard value.allSatisfy(Self.isText) else { throw AnswerError("control bytes in a field") }
    }

    func isNamed(_ lowerName: StaticString) -> Bool {
        guard name.count == lowerName.utf8CodeUnitCount else { return false }
        return name.indices.allSatisfy { ASCII.lower(name[$0]) == lowerName.utf8Start[$0] }
    }

    private static func trimmed(_ text: FieldBytes) -> FieldBytes {
        var (start, end) = (0, text.count)
        while start < end, isBlank(text[start]) { start += 1 }
        while start < end, isBlank(text[end - 1]) { end -= 1 }
        return FieldBytes(rebasing: text[start..<end])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Anything but control bytes; bytes beyond ASCII are opaque data.
    static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    /// A `tchar`, from a bit set: a field name's bytes are the hot path.
    static func isToken(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? tokensBelow64 >> UInt64(byte) : tokensFrom64 >> UInt64(byte - 64)) & 1 == 1
    }

    // Bits for !#$%&'*+-. and 0-9; for A-Z ^ _ ` a-z | ~ (RFC 9110, section 5.6.2).
    private static let tokensBelow64: UInt64 = 0x03FF_6CFA_0000_0000
    private static let tokensFrom64: UInt64 = 0x57FF_FFFF_C7FF_FFFE
}
