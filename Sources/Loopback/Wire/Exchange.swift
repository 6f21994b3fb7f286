internal import Crypto
internal import NIOCore

/// One request and its answer.
///
/// Owned by the task that serves the connection.
final class Exchange {
    let head: RequestHead
    /// The number of the request in the recording.
    let number: Int
    /// The target's path, cut at its slashes and percent-decoded.
    private(set) var segments: [String]
    /// The target's query.
    private(set) var query: [String: String]
    /// SHA-256 of the content in lower-case hex, once all of it was read.
    private(set) var contentSHA256: String?

    private let connection: Connection
    private let recording: Recording
    private var hash = SHA256()
    private var isRead = false
    private var owesContinue: Bool
    /// No further request can follow on this connection.
    private(set) var closes: Bool

    init(_ head: RequestHead, number: Int, on connection: Connection, recording: Recording) {
        self.head = head
        self.number = number
        self.connection = connection
        self.recording = recording
        (segments, query) = Self.parse(head.target)
        owesContinue = head.value("expect")?.lowercased() == "100-continue"
        closes = head.minorVersion == 0 || head.value("connection")?.lowercased() == "close"
    }

    /// Acts as if `target` had been asked for; the recording shows what was.
    func divert(to target: String) {
        (segments, query) = Self.parse(target)
    }

    private static func parse(_ target: String) -> ([String], [String: String]) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let segments = parts[0].split(separator: "/").map { FormContent.decode($0, plusIsSpace: false) }
        return (segments, parts.count > 1 ? FormContent(Array(parts[1].utf8)).firstValues : [:])
    }

    var host: String? { head.value("host") }
    var connectionNumber: Int { connection.number }

    /// A number of the query.
    func number(_ name: String, default value: Int) -> Int {
        query[name].flatMap { Int($0) } ?? value
    }

    // MARK: Content

    /// The next piece of the content, nil at its end. Asks for the content first if the client waits for that.
    func content() async throws -> ByteBuffer? {
        if isRead { return nil }
        if owesContinue {
            owesContinue = false
            try await raw("HTTP/1.1 100 Continue\r\n\r\n")
        }
        switch try await connection.next() {
        case .content(let bytes):
            bytes.readableBytesView.withUnsafeBytes { hash.update(bufferPointer: $0) }
            recording.content(bytes, of: number)
            return bytes
        case .end(let trailers):
            isRead = true
            let sha256 = Hex.lower(hash.finalize())
            contentSHA256 = sha256
            recording.completed(number, sha256: sha256, trailers: trailers)
            return nil
        case .head, nil:
            throw ClientGone()
        }
    }

    /// All of the content; nil if it is longer than `bound`.
    func wholeContent(atMost bound: Int = 4 << 20) async throws -> [UInt8]? {
        var whole: [UInt8] = []
        while let piece = try await content() {
            guard whole.count + piece.readableBytes <= bound else { return nil }
            whole += piece.readableBytesView
        }
        return whole
    }

    /// Reads what is left, to the end of the request or of the connection.
    func drain() async throws {
        while try await content() != nil {}
    }

    /// Reads and drops whatever comes until the client closes the connection.
    func awaitClientClose() async throws {
        while try await connection.next() != nil {}
    }

    /// Leaves the connection ready for the next request; false if that can't be done.
    func finish() async throws -> Bool {
        // A client that was answered without being asked to go on may send its content or not: nobody can tell.
        if closes || owesContinue { return false }
        try await drain()
        return true
    }

    // MARK: Answer

    /// A whole answer of known length.
    func answer(_ status: Int, bytes: [UInt8], _ fields: [Field] = []) async throws {
        var out = head(status, fields + [Field("Content-Length", "\(bytes.count)")])
        if head.method != "HEAD" { out.writeBytes(bytes) }
        try await connection.write(out)
    }

    /// A whole answer in JSON.
    func answer(_ status: Int, _ json: JSON, _ fields: [Field] = []) async throws {
        try await answer(status, bytes: Array(json.text.utf8), [Field("Content-Type", "application/json")] + fields)
    }

    /// The head of an answer whose content follows by `write` or `chunk`.
    func begin(_ status: Int, _ fields: [Field]) async throws {
        try await connection.write(head(status, fields))
    }

    /// The head of an answer in chunks.
    func beginChunks(_ status: Int, _ fields: [Field]) async throws {
        try await begin(status, fields + [Field("Transfer-Encoding", "chunked")])
    }

    func chunk(_ bytes: ByteBuffer) async throws {
        guard bytes.readableBytes > 0, head.method != "HEAD" else { return }
        var out = ByteBuffer(string: "\(String(bytes.readableBytes, radix: 16))\r\n")
        out.writeImmutableBuffer(bytes)
        out.writeStaticString("\r\n")
        try await connection.write(out)
    }

    func chunk(_ text: String) async throws {
        try await chunk(ByteBuffer(string: text))
    }

    func endChunks(trailers: [Field] = []) async throws {
        guard head.method != "HEAD" else { return }
        try await raw("0\r\n" + trailers.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n")
    }

    func write(_ bytes: ByteBuffer) async throws {
        guard head.method != "HEAD" else { return }
        try await connection.write(bytes)
    }

    /// Bytes outside of any answer's form.
    func raw(_ text: String) async throws {
        try await connection.write(ByteBuffer(string: text))
    }

    /// Announces nothing, but closes after this answer.
    func closeAfterwards() {
        closes = true
    }

    /// Sends what was written and ends the connection.
    func hangUp(_ hangup: Hangup) async throws -> Never {
        try await connection.hangUp(hangup)
        throw hangup
    }

    /// After `answers` more requests on this connection the next one is met with `hangup`.
    func setFuse(answers: Int, _ hangup: Hangup) {
        connection.fuse = (answers, hangup)
    }

    private func head(_ status: Int, _ fields: [Field]) -> ByteBuffer {
        var text = "HTTP/1.1 \(status) \(Reason.phrase(status))\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if closes { text += "Connection: close\r\n" }
        return ByteBuffer(string: text + "\r\n")
    }
}

/// Reason phrases, as far as anybody looks at them.
enum Reason {
    static func phrase(_ status: Int) -> String {
        phrases[status] ?? "Status"
    }

    private static let phrases = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 302: "Found", 304: "Not Modified",
        400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 409: "Conflict", 413: "Content Too Large", 421: "Misdirected Request",
        422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}

/// Bytes in hex.
enum Hex {
    static func lower(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
