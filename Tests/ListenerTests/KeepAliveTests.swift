import Core
import Foundation
import Loopback
import Testing

@testable import Listener

@Suite struct `A connection` {
    @Test func `serves one request after another`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            for number in 1...3 {
                try await wire.send("GET /_test/bytes/\(number) HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
                #expect(try await wire.answer().content.count == number)
            }
        }
    }

    @Test func `answers pipelined requests in order`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            let sizes = [70_000, 1, 0, 9]
            let slow = "GET /_test/slow-head?ms=100 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n"
            let rest = sizes.map { "GET /_test/bytes/\($0) HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n" }.joined()
            let post = "POST /_test/echo HTTP/1.1\r\nHost: api.stripe.com\r\nContent-Length: 3\r\n\r\nabc"
            try await wire.send(slow + post + rest)
            #expect(try await wire.answer().json?["slow"]?.text == "head")
            #expect(try await wire.answer().json?["content"]?.text == "abc")
            for size in sizes { #expect(try await wire.answer().content.count == size) }
        }
    }

    @Test func `closes when it is asked to, and says so`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send("GET /_test/bytes/5 HTTP/1.1\r\nHost: api.stripe.com\r\nConnection: close\r\n\r\n")
            let answer = try await wire.answer()
            #expect(answer.field("connection") == "close" && answer.content.count == 5)
            try await wire.closed()
        }
    }

    @Test func `stays open after a refusal whose content was read off`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel("billing-7")
            for _ in 0..<3 {
                try await wire.send(
                    "POST /v1/ephemeral_keys HTTP/1.1\r\nHost: api.stripe.com\r\nContent-Length: 5\r\n\r\nhello")
                let answer = try await wire.answer()
                #expect(answer.status == 403 && answer.code == "endpoint_not_allowed")
            }
            #expect(stand.vendor.requests.isEmpty)
        }
    }

    @Test func `ends after a refusal whose content does not come`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel("billing-7")
            try await wire.send(
                "POST /v1/ephemeral_keys HTTP/1.1\r\nHost: api.stripe.com\r\nContent-Length: 100000000\r\n\r\nhello")
            let answer = try await wire.answer()
            #expect(answer.status == 403 && answer.field("connection") == "close")
            try await wire.closed()
        }
    }

    @Test func `lets a client that waits for 100 know that its content is not wanted`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel("billing-7")
            try await wire.send(
                "POST /v1/ephemeral_keys HTTP/1.1\r\nHost: api.stripe.com\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
            )
            let answer = try await wire.answer()
            #expect(answer.status == 403 && answer.interim.isEmpty)
            #expect(answer.field("connection") == "close", "else the content would be read as the next request")
        }
    }

    @Test func `of HTTP/1.0 ends with the answer, without chunks`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send("GET /_test/chunked/1000 HTTP/1.0\r\nHost: api.stripe.com\r\n\r\n")
            let answer = try await wire.answer()
            #expect(!answer.fields.contains("transfer-encoding") && answer.content.count == 1000)
        }
    }

    @Test(arguments: ["Connection: keep-alive", "Proxy-Connection: Keep-Alive"])
    func `of HTTP/1.0 ends although its client would keep it, and says so`(_ line: String) async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send("GET /_test/bytes/5 HTTP/1.0\r\nHost: api.stripe.com\r\n\(line)\r\n\r\n")
            let answer = try await wire.answer()
            #expect(answer.status == 200 && answer.field("connection") == "close" && answer.content.count == 5)
            try await wire.closed()
        }
    }

    @Test func `that idles does not stop an honest one, two thousand times`() async throws {
        try await Stand.with { stand in
            var idle: [Wire] = []
            for number in 0..<2000 {
                let wire = try await stand.connect()
                if number % 2 == 0 { try await wire.send("GET / HT") }
                idle.append(wire)
            }
            let start = ContinuousClock.now
            #expect(try await stand.ask("GET", "/_test/bytes/5").content.count == 5)
            #expect(ContinuousClock.now - start < .seconds(5))
            for wire in idle { await wire.close() }
        }
    }
}

@Suite struct `A slow client` {
    private var short: Limits {
        var limits = Limits()
        (limits.headSeconds, limits.contentSeconds, limits.idleSeconds) = (2, 2, 2)
        return limits
    }

    @Test func `gets 408 for a head that drips in, however steadily`() async throws {
        try await Stand.with(short) { stand in
            let wire = try await stand.connect()
            let drip = Task {
                try await wire.send("GET / HTTP/1.1\r\nHost: a\r\n")
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(200))
                    try await wire.send("X")
                }
            }
            let answer = try await wire.answer()
            drip.cancel()
            #expect(answer.status == 408 && answer.code == "request_timeout")
        }
    }

    @Test func `gets 408 for content that does not come`() async throws {
        try await Stand.with(short) { stand in
            let wire = try await stand.tunnel("billing-7")
            try await wire.send(
                "POST /v1/payment_intents HTTP/1.1\r\nHost: api.stripe.com\r\nContent-Length: 50\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n\r\namount=")
            let answer = try await wire.answer()
            #expect(answer.status == 408 && answer.code == "request_timeout")
            #expect(stand.spent.counted == .zero && stand.vendor.requests.isEmpty)
        }
    }

    @Test func `is not timed out while the vendor is the slow one`() async throws {
        try await Stand.with(short) { stand in
            let answer = try await stand.ask("GET", "/_test/slow-head?ms=4500")
            #expect(answer.status == 200)
        }
    }

    @Test func `is closed when it says nothing at all`() async throws {
        try await Stand.with(short) { stand in
            let wire = try await stand.connect()
            #expect(try await wire.closed().isEmpty)
        }
    }
}
