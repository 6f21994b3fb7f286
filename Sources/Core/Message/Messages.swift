/// How long the content of a message is (RFC 9112, section 6).
package enum Framing: Sendable, Equatable {
    case none
    case fixed(Int64)
    case chunked
    /// Answers only: until the connection ends.
    case untilClose

    var length: Int64? { if case .fixed(let length) = self { length } else { nil } }
}

/// The methods that we pass on; TRACE and unknown ones never get this far.
package enum Method: String, Sendable, CaseIterable {
    case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH"
    case delete = "DELETE", options = "OPTIONS", connect = "CONNECT"

    /// Safe by definition (RFC 9110, section 9.2.1).
    package var onlyReads: Bool { self == .get || self == .head || self == .options }

    /// Repeating it has the effect of doing it once (RFC 9110, section 9.2.2).
    package var isIdempotent: Bool { onlyReads || self == .put || self == .delete }
}

/// A request's head after strict parsing.
package struct RequestHead: Sendable, Equatable {
    package var method: Method
    /// The request-target as it came: origin-form, absolute-form, authority-form or `*`.
    package var target: [UInt8]
    package var fields: Fields
    package var framing: Framing
    /// Whether the connection may serve another request.
    package var keepAlive: Bool
    package var expectsContinue: Bool
    /// An HTTP/1.0 client can't read chunks.
    package var readsChunks = true

    package init(
        method: Method, target: [UInt8], fields: Fields, framing: Framing = .none, keepAlive: Bool = true,
        expectsContinue: Bool = false
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.framing = framing
        self.keepAlive = keepAlive
        self.expectsContinue = expectsContinue
    }
}

/// An answer's head: an interim one (1xx) or the final one.
package struct AnswerHead: Sendable, Equatable {
    package var status: Int
    package var reason: [UInt8]
    package var fields: Fields
    package var framing: Framing

    package init(status: Int, reason: [UInt8] = [], fields: Fields = Fields(), framing: Framing = .none) {
        self.status = status
        self.reason = reason
        self.fields = fields
        self.framing = framing
    }

    /// How long the content would be that a HEAD or a 304 leaves out; other answers without content tell no length
    /// (RFC 9110, section 8.6).
    var lengthWithoutContent: Int64? {
        guard framing == .none, status >= 200, status != 204 else { return nil }
        let values = fields.all("content-length")
        let lengths = Set(values.map { $0.allSatisfy(ASCII.isDigit) ? Int64(String(bytes: $0)) : nil })
        return lengths.count == 1 ? lengths.first ?? nil : nil
    }

    /// A sentence as a reason phrase: many clients' exceptions show that and nothing else.
    package static func reason(_ sentence: String) -> [UInt8] {
        sentence.utf8.prefix(200).map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }
    }
}
