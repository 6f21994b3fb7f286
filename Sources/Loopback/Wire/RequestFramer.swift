internal import NIOCore

/// Cuts a connection's bytes into requests: a pure value, told of bytes and asked for events.
///
/// Not NIOHTTP1's decoder: a recording must show the exact bytes of every head, and must not forgive anything.
struct RequestFramer {
    enum Event: Equatable {
        case head(RequestHead)
        case content(ByteBuffer)
        /// The end of a request, with its trailer lines as they arrived.
        case end(trailers: [Field])
    }

    private enum State {
        case head
        case fixed(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
    }

    private static let longestHead = 256 << 10

    private var state = State.head
    private var buffer = ByteBuffer()
    private var lines: [[UInt8]] = []
    private var lineBytes = 0
    /// How much of `buffer` was searched for a line end already.
    private var searched = 0

    /// Whether bytes of a request that is not over are here.
    var isBetweenRequests: Bool {
        if case .head = state { return lines.isEmpty && buffer.readableBytes == 0 }
        return false
    }

    mutating func receive(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next event, or nil when it needs more bytes.
    mutating func next() throws(Malformed) -> Event? {
        switch state {
        case .head: try head()
        case .fixed(0): end([])
        case .fixed(let left): piece(of: left) { .fixed($0) }
        case .chunkSize: try chunkSize()
        case .chunk(0): try chunkEnd()
        case .chunk(let left): piece(of: left) { .chunk($0) }
        case .chunkEnd: try chunkEnd()
        case .trailers: try trailers()
        }
    }

    private mutating func head() throws(Malformed) -> Event? {
        guard let lines = try block() else { return nil }
        let head = try RequestHead(lines: lines)
        state = try framing(head)
        return .head(head)
    }

    /// Exactly one way to tell where the content ends (RFC 9112, section 6.3); in doubt nothing.
    private func framing(_ head: RequestHead) throws(Malformed) -> State {
        let codings = head.values("transfer-encoding")
        let lengths = head.values("content-length")
        switch (codings.count, lengths.count) {
        case (0, 0): return .fixed(0)
        case (0, 1): return .fixed(try Self.number(lengths[0].utf8, radix: 10))
        case (1, 0) where codings[0].lowercased() == "chunked" && head.minorVersion == 1: return .chunkSize
        default: throw Malformed("framing")
        }
    }

    private mutating func chunkSize() throws(Malformed) -> Event? {
        guard let line = try line() else { return nil }
        let digits = line.prefix { $0 != 0x3b }  // up to a chunk extension
        let size = try Self.number(digits, radix: 16)
        state = size == 0 ? .trailers : .chunk(size)
        return try next()
    }

    private mutating func chunkEnd() throws(Malformed) -> Event? {
        state = .chunkEnd
        guard let line = try line() else { return nil }
        guard line.isEmpty else { throw Malformed("chunk longer than its size") }
        state = .chunkSize
        return try next()
    }

    private mutating func trailers() throws(Malformed) -> Event? {
        guard let lines = try block() else { return nil }
        return end(try lines.map { (line) throws(Malformed) in try RequestHead.field(line) })
    }

    private mutating func end(_ trailers: [Field]) -> Event {
        state = .head
        return .end(trailers: trailers)
    }

    private mutating func piece(of left: Int, _ rest: (Int) -> State) -> Event? {
        guard let piece = buffer.readSlice(length: min(left, buffer.readableBytes)), piece.readableBytes > 0 else {
            return nil
        }
        state = rest(left - piece.readableBytes)
        return .content(piece)
    }

    /// Lines up to an empty one, which is not among them.
    private mutating func block() throws(Malformed) -> [[UInt8]]? {
        while let line = try line() {
            if line.isEmpty {
                defer {
                    lines = []
                    lineBytes = 0
                }
                return lines
            }
            lineBytes += line.count + 2
            lines.append(line)
        }
        return nil
    }

    /// One line without its CRLF; a line end of any other kind is refused.
    private mutating func line() throws(Malformed) -> [UInt8]? {
        let unseen = buffer.readableBytesView.dropFirst(searched)
        guard let feed = unseen.firstIndex(of: 0x0a) else {
            searched = buffer.readableBytes
            guard lineBytes + searched <= Self.longestHead else { throw Malformed("too long") }
            return nil
        }
        searched = 0
        let bytes = buffer.readBytes(length: feed - buffer.readerIndex + 1) ?? []
        guard bytes.count >= 2, bytes[bytes.count - 2] == 0x0d, !bytes.dropLast(2).contains(0x0d) else {
            throw Malformed("line end")
        }
        guard lineBytes + bytes.count <= Self.longestHead else { throw Malformed("too long") }
        return Array(bytes.dropLast(2))
    }

    /// Digits only: no sign, no spaces, no overflow.
    private static func number(_ digits: some Collection<UInt8>, radix: Int) throws(Malformed) -> Int {
        let text = String(decoding: Array(digits), as: UTF8.self)
        guard text.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2d }), let number = Int(text, radix: radix) else {
            throw Malformed("length")
        }
        return number
    }
}
