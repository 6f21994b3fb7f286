internal import NIOCore

/// Bytes that are not what HTTP/1.1 asks for.
enum Broken {
    static let all: [String: Behaviour] = canned.mapValues(say)
        .merging(["head-bomb": headBomb, "overrun": overrun]) { first, _ in first }

    private static let fine = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"

    private static let canned = [
        "101": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\nno longer HTTP",
        "garbage": "\u{1}\u{2}this is not HTTP\r\n\r\n<html>at all</html>",
        "twice": fine + fine,
        "two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nok\nno",
        "length-and-chunked":
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n",
        "bad-chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\n\r\n0\r\n\r\n",
        "bad-length": "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nok\n",
        "folded": "HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\nContent-Length: 3\r\n\r\nok\n",
        "control-field": "HTTP/1.1 200 OK\r\nX-Control: a\u{7}b\rc\r\nContent-Length: 3\r\n\r\nok\n",
        "no-status": "HTTP/1.1\r\nContent-Length: 3\r\n\r\nok\n",
        "http2": "HTTP/2 200\r\nContent-Length: 3\r\n\r\nok\n",
    ]

    /// Says just that, and ends the connection (`?how=fin|rst|notify`).
    private static func say(_ text: String) -> Behaviour {
        { exchange in
            try await exchange.drain()
            try await exchange.raw(text)
            try await exchange.hangUp(Hangup(named: exchange.query["how"]))
        }
    }

    /// `head-bomb?kib=N&line=M`: a head of N KiB, in field lines of about M bytes.
    @Sendable static func headBomb(_ exchange: Exchange) async throws {
        try await exchange.drain()
        let line = max(16, exchange.number("line", default: 1024))
        let lines = max(1, exchange.number("kib", default: 64)) * 1024 / line
        try await exchange.raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n")
        for number in 0..<max(1, lines) {
            let name = "X-Bomb-\(number): "
            try await exchange.raw(name + String(repeating: "b", count: max(1, line - name.utf8.count - 2)) + "\r\n")
        }
        try await exchange.raw("\r\nok\n")
    }

    /// `overrun?extra=N`: more content than was announced.
    @Sendable static func overrun(_ exchange: Exchange) async throws {
        try await exchange.drain()
        exchange.closeAfterwards()
        try await exchange.begin(200, [Field("Content-Type", "text/plain"), Field("Content-Length", "3")])
        let extra = String(repeating: "x", count: max(0, exchange.number("extra", default: 100)))
        try await exchange.write(ByteBuffer(string: "ok\n" + extra))
    }
}
