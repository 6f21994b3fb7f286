internal import Crypto
internal import NIOCore

/// Answers of any size, fast and slow, in the three framings of HTTP/1.1; memory stays flat.
enum Sizes {
    static let all: [String: Behaviour] = [
        "bytes": bytes,
        "chunked": chunked,
        "unknown": unknown,
        "drip": drip,
        "slow-head": slowHead,
        "slow-body": slowBody,
    ]

    /// Byte i of every sized answer is i modulo this, so that a lost or doubled piece shows.
    static let period = 251

    /// A whole number of periods, so that each piece begins where the last one ended.
    private static let block = ByteBuffer(bytes: (0..<(period * 256)).map { UInt8($0 % period) })

    /// The content of a sized answer, piece by piece.
    static func pieces(_ size: Int, _ body: (ByteBuffer) async throws -> Void) async throws {
        var left = size
        while left > 0 {
            let length = min(left, block.readableBytes)
            try await body(block.getSlice(at: 0, length: length) ?? block)
            left -= length
        }
    }

    /// `bytes/N`
    @Sendable static func bytes(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let size = exchange.size()
        try await exchange.begin(
            200, [Field("Content-Type", "application/octet-stream"), Field("Content-Length", "\(size)")])
        try await pieces(size) { try await exchange.write($0) }
    }

    /// `chunked/N`, with the content's SHA-256 as the trailer `X-Checksum`.
    @Sendable static func chunked(_ exchange: Exchange) async throws {
        try await exchange.drain()
        var hash = SHA256()
        try await exchange.beginChunks(
            200, [Field("Content-Type", "application/octet-stream"), Field("Trailer", "X-Checksum")])
        try await pieces(exchange.size()) { piece in
            piece.readableBytesView.withUnsafeBytes { hash.update(bufferPointer: $0) }
            try await exchange.chunk(piece)
        }
        try await exchange.endChunks(trailers: [Field("X-Checksum", Hex.lower(hash.finalize()))])
    }

    /// `unknown/N?how=notify|fin|rst`: no length, the end of the connection is the end of the content.
    @Sendable static func unknown(_ exchange: Exchange) async throws {
        try await exchange.drain()
        exchange.closeAfterwards()
        try await exchange.begin(200, [Field("Content-Type", "application/octet-stream")])
        try await pieces(exchange.size()) { try await exchange.write($0) }
        try await exchange.hangUp(Hangup(named: exchange.query["how"]))
    }

    /// `drip?bytes=N&every_ms=M`: one byte at a time.
    @Sendable static func drip(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let size = exchange.number("bytes", default: 10)
        try await exchange.begin(200, [Field("Content-Type", "text/plain"), Field("Content-Length", "\(size)")])
        for _ in 0..<max(0, size) {
            try await exchange.write(ByteBuffer(string: "."))
            try await exchange.pause("every_ms", default: 50)
        }
    }

    /// `slow-head?ms=M`: nothing at all for a while.
    @Sendable static func slowHead(_ exchange: Exchange) async throws {
        try await exchange.drain()
        try await exchange.pause("ms", default: 1_000)
        try await exchange.answer(200, ["slow": "head"])
    }

    /// `slow-body?ms=M`: the head at once, the content after a while.
    @Sendable static func slowBody(_ exchange: Exchange) async throws {
        try await exchange.drain()
        try await exchange.begin(200, [Field("Content-Type", "text/plain"), Field("Content-Length", "5")])
        try await exchange.pause("ms", default: 1_000)
        try await exchange.write(ByteBuffer(string: "slow\n"))
    }
}

extension Exchange {
    /// Waits for as many milliseconds as the query says.
    func pause(_ name: String, default value: Int) async throws {
        try await Task.sleep(for: .milliseconds(number(name, default: value)))
    }
}
