internal import Core

/// What a head says about the length of its content (RFC 9112, section 6); contradictions are refused.
struct FramingEvidence {
    private var length: Int64?
    private var isChunked = false

    mutating func note(_ field: FieldLine) throws(AnswerError) {
        if field.isNamed("content-length") {
            try noteLength(field.value)
        } else if field.isNamed("transfer-encoding") {
            try noteEncoding(field.value)
        }
    }

    private mutating func noteLength(_ value: FieldBytes) throws(AnswerError) {
        guard let read = Self.digits(value) else { throw AnswerError("a malformed Content-Length") }
        guard length == nil || length == read else { throw AnswerError("several Content-Lengths that differ") }
        length = read
    }

    private mutating func noteEncoding(_ value: FieldBytes) throws(AnswerError) {
        let isPlain = value.count == 7 && value.elementsEqual("chunked".utf8) { ASCII.lower($0) == $1 }
        guard isPlain, !isChunked else { throw AnswerError("a Transfer-Encoding other than chunked") }
        isChunked = true
    }

    func framing(status: Int, answersHead: Bool, isOld: Bool) throws(AnswerError) -> Framing {
        guard !isChunked || length == nil else { throw AnswerError("Content-Length beside Transfer-Encoding") }
        guard !isChunked || !isOld else { throw AnswerError("Transfer-Encoding in HTTP/1.0") }
        if answersHead || status == 204 || status == 304 { return .none }
        if isChunked { return .chunked }
        return length.map { .fixed($0) } ?? .untilClose
    }

    private static func digits(_ value: FieldBytes) -> Int64? {
        guard !value.isEmpty, value.count <= 18 else { return nil }
        var total: Int64 = 0
        for byte in value {
            guard ASCII.isDigit(byte) else { return nil }
            total = total * 10 + Int64(byte - 0x30)
        }
        return total
    }
}
