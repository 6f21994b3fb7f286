internal import NIOCore

/// Connections that end when they should not.
enum Endings {
    static let all: [String: Behaviour] = [
        "cut": cut,
        "cut-chunked": cutChunked,
        "cut-head": cutHead,
        "reset": reset,
        "hang": hang,
        "close-after-request": closeAfterRequest,
        "close-idle": closeIdle,
    ]

    /// `cut?after=N&of=M&how=fin|rst|notify`: N bytes of a fixed-length answer of M, then the end.
    @Sendable static func cut(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let sent = exchange.number("after", default: 10)
        let promised = exchange.number("of", default: sent * 2 + 1)
        try await exchange.begin(
            200, [Field("Content-Type", "application/octet-stream"), Field("Content-Length", "\(promised)")])
        try await Sizes.pieces(sent) { try await exchange.write($0) }
        try await exchange.hangUp(how(exchange))
    }

    /// `cut-chunked?after=N&how=…`: the last chunk never comes.
    @Sendable static func cutChunked(_ exchange: Exchange) async throws {
        try await exchange.drain()
        try await exchange.beginChunks(200, [Field("Content-Type", "application/octet-stream")])
        try await Sizes.pieces(exchange.number("after", default: 10)) { try await exchange.chunk($0) }
        try await exchange.hangUp(how(exchange))
    }

    /// `cut-head?how=…`: half of a head.
    @Sendable static func cutHead(_ exchange: Exchange) async throws {
        try await exchange.drain()
        try await exchange.raw("HTTP/1.1 200 OK\r\nContent-Type: text/pl")
        try await exchange.hangUp(how(exchange))
    }

    /// `reset?read=0`: the request is read (or not), then the connection is reset without an answer.
    @Sendable static func reset(_ exchange: Exchange) async throws {
        if exchange.number("read", default: 1) != 0 { try await exchange.drain() }
        try await exchange.hangUp(Hangup(named: exchange.query["how"] ?? "rst"))
    }

    /// Reads the request and never answers.
    @Sendable static func hang(_ exchange: Exchange) async throws {
        try await exchange.drain()
        exchange.closeAfterwards()
        try await exchange.awaitClientClose()
    }

    /// `close-after-request/N?how=fin|rst|notify`: answers this and N - 1 more requests of this connection in order;
    /// the next one is read and met with the end of the connection. A warm connection that dies on a POST.
    @Sendable static func closeAfterRequest(_ exchange: Exchange) async throws {
        try await exchange.drain()
        exchange.setFuse(answers: max(1, exchange.size(default: 1)) - 1, how(exchange))
        try await exchange.answer(200, ["connection": .int(exchange.connectionNumber)])
    }

    /// `close-idle?ms=M&how=…`: answers as if the connection stayed, and ends it a little later.
    @Sendable static func closeIdle(_ exchange: Exchange) async throws {
        try await exchange.drain()
        try await exchange.answer(200, ["connection": .int(exchange.connectionNumber)])
        try await exchange.pause("ms", default: 50)
        try await exchange.hangUp(how(exchange))
    }

    /// A process that dies says nothing in TLS.
    private static func how(_ exchange: Exchange) -> Hangup {
        Hangup(named: exchange.query["how"] ?? "fin")
    }
}
