internal import NIOCore

/// Server-sent events.
enum Streams {
    static let all: [String: Behaviour] = [
        "sse": { try await stream($0, events: max(0, $0.number("events", default: 5))) },
        "sse-forever": { try await stream($0, events: .max) },
    ]

    /// `sse?events=N&every_ms=M`, and without an end.
    private static func stream(_ exchange: Exchange, events: Int) async throws {
        try await exchange.drain()
        try await begin(exchange)
        var number = 0
        while number < events {
            number += 1
            try await exchange.chunk("event: tick\nid: \(number)\ndata: {\"n\":\(number)}\n\n")
            try await exchange.pause("every_ms", default: 20)
        }
        try await exchange.endChunks()
    }

    /// A vendor's own events.
    static func send(_ events: [String], everyMilliseconds pause: Int, _ exchange: Exchange) async throws {
        try await begin(exchange)
        for event in events {
            try await exchange.chunk(event)
            try await Task.sleep(for: .milliseconds(pause))
        }
        try await exchange.endChunks()
    }

    private static func begin(_ exchange: Exchange) async throws {
        try await exchange.beginChunks(
            200, [Field("Content-Type", "text/event-stream"), Field("Cache-Control", "no-cache")])
    }
}
