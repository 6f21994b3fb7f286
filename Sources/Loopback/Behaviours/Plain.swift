internal import NIOCore

/// Answers that are quite in order.
enum Plain {
    static let all: [String: Behaviour] = [
        "echo": echo,
        "status": status,
        "upload": upload,
        "early-413": early413,
        "interim": interim,
        "redirect": redirect,
        "gzip": gzip,
        "trailers": trailers,
        "204": { try await $0.begin(204, []) },
        "304": { try await $0.begin(304, [Field("ETag", "\"sandbox\"")]) },
    ]

    /// The whole request as JSON: what a client sent is what it sees.
    @Sendable static func echo(_ exchange: Exchange) async throws {
        let (length, content) = try await read(exchange, keeping: 4096)
        let fields = exchange.head.fields.map { JSON.array([.string($0.name), .string($0.value)]) }
        try await exchange.answer(
            200,
            [
                "method": .string(exchange.head.method), "target": .string(exchange.head.target),
                "version": .string("HTTP/1.\(exchange.head.minorVersion)"), "fields": .array(fields),
                "content_length": .int(length), "content_sha256": .string(exchange.contentSHA256 ?? ""),
                "content": .string(String(decoding: content, as: UTF8.self)),
                "connection": .int(exchange.connectionNumber), "number": .int(exchange.number),
            ])
    }

    /// `status/N?field=Name:Value`
    @Sendable static func status(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let status = exchange.size(default: 200)
        let halves = exchange.query["field"]?.split(separator: ":", maxSplits: 1).map(String.init) ?? []
        let fields = halves.count == 2 ? [Field(halves[0], halves[1])] : []
        if status == 204 || status == 304 { return try await exchange.begin(status, fields) }
        try await exchange.answer(
            status, ["error": ["message": .string("Status \(status)"), "type": "sandbox", "code": .int(status)]], fields
        )
    }

    /// Takes any amount of content; respects `Expect: 100-continue`.
    @Sendable static func upload(_ exchange: Exchange) async throws {
        let (length, _) = try await read(exchange, keeping: 0)
        try await exchange.answer(
            200, ["content_length": .int(length), "content_sha256": .string(exchange.contentSHA256 ?? "")])
    }

    /// `early-413?after=N`: refuses after N bytes of content, without asking for any if N is 0.
    @Sendable static func early413(_ exchange: Exchange) async throws {
        var left = exchange.number("after", default: 0)
        while left > 0, let piece = try await exchange.content() { left -= piece.readableBytes }
        exchange.closeAfterwards()
        try await exchange.answer(413, ["error": ["message": "Too much", "type": "invalid_request_error"]])
        // Closing with unread bytes would reset the connection, and the answer could be lost with it.
        try await exchange.awaitClientClose()
    }

    /// `interim?n=N`: N early hints, then the answer.
    @Sendable static func interim(_ exchange: Exchange) async throws {
        try await exchange.drain()
        for number in 1...max(1, exchange.number("n", default: 1)) {
            try await exchange.raw("HTTP/1.1 103 Early Hints\r\nLink: </\(number).css>; rel=preload\r\n\r\n")
        }
        try await exchange.answer(200, ["interim": true])
    }

    /// `redirect?to=TARGET&status=N`
    @Sendable static func redirect(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let target = exchange.query["to"] ?? "https://elsewhere.example/"
        try await exchange.answer(exchange.number("status", default: 302), bytes: [], [Field("Location", target)])
    }

    /// Encoded content, whatever was asked for. It holds the credential, which no search for its bytes would find.
    @Sendable static func gzip(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let text = "compressed for \(exchange.head.value("authorization") ?? "nobody")\n"
        try await exchange.answer(
            200, bytes: Gzip.encode(Array(text.utf8)),
            [Field("Content-Type", "text/plain"), Field("Content-Encoding", "gzip")])
    }

    /// Chunks with several trailers, one of which is not allowed in trailers.
    @Sendable static func trailers(_ exchange: Exchange) async throws {
        try await exchange.drain()
        try await exchange.beginChunks(200, [Field("Trailer", "X-Checksum, X-Other")])
        try await exchange.chunk("content\n")
        try await exchange.endChunks(trailers: [
            Field("X-Checksum", "abc"), Field("X-Other", "def"), Field("Content-Length", "5"),
        ])
    }

    private static func read(_ exchange: Exchange, keeping bound: Int) async throws -> (Int, [UInt8]) {
        var length = 0
        var kept: [UInt8] = []
        while let piece = try await exchange.content() {
            length += piece.readableBytes
            kept += piece.readableBytesView.prefix(bound - kept.count)
        }
        return (length, kept)
    }
}
