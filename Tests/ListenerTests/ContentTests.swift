import Core
import Foundation
import Loopback
import Testing

@testable import Listener

@Suite struct `Content on its way to the vendor` {
    private func upload(_ stand: Stand, _ lines: String, _ pieces: [String]) async throws -> Wire.Answer {
        let wire = try await stand.tunnel()
        try await wire.send("POST /_test/upload HTTP/1.1\r\nHost: api.stripe.com\r\n\(lines)\r\n")
        for piece in pieces { try await wire.send(piece) }
        let answer = try await wire.answer()
        await wire.close()
        return answer
    }

    @Test func `comes whole, of known length and in chunks`() async throws {
        try await Stand.with { stand in
            let content = String(repeating: "0123456789", count: 100_000)
            let fixed = try await upload(stand, "Content-Length: 1000000\r\n", [content])
            #expect(fixed.json?["content_length"] == .number("1000000"))
            let chunks = (0..<100).map { _ in "2710\r\n" + content.prefix(10_000) + "\r\n" } + ["0\r\nX-Sum: 1\r\n\r\n"]
            let chunked = try await upload(stand, "Transfer-Encoding: chunked\r\n", chunks)
            #expect(chunked.json?["content_length"] == .number("1000000"))
            #expect(chunked.json?["content_sha256"] == fixed.json?["content_sha256"])
            #expect(stand.vendor.requests.last?.trailers.isEmpty == true, "trailers of requests end here")
        }
    }

    @Test func `is asked for when the client waits`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send(
                "POST /_test/upload HTTP/1.1\r\nHost: api.stripe.com\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
            )
            _ = try await wire.until("HTTP/1.1 100 Continue\r\n\r\n")
            try await wire.send("hello")
            #expect(try await wire.answer().json?["content_length"] == .number("5"))
            #expect(stand.vendor.requests.first?.value("expect") == nil)
        }
    }

    @Test func `is not lost when the vendor answers early`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send(
                "POST /_test/early-413?after=5 HTTP/1.1\r\nHost: api.stripe.com\r\nContent-Type: text/plain\r\n"
                    + "Content-Length: 1000000\r\n\r\nhello"
            )
            let answer = try await wire.answer()
            #expect(answer.status == 413)
            // Nobody reads the rest: the connection ends instead of waiting for it.
            try await wire.closed()
        }
    }

    @Test func `that breaks its framing breaks the transfer`() async throws {
        try await Stand.with { stand in
            let answer = try await upload(stand, "Transfer-Encoding: chunked\r\n", ["5\r\nhello\r\n", "zz\r\n"])
            #expect(answer.status == 400 && answer.code == "malformed_request")
            #expect(stand.vendor.requests.allSatisfy { !$0.isComplete })
        }
    }

    @Test func `is limited where it must be judged`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel("billing-7")
            let content = "amount=500&currency=usd&x=" + String(repeating: "x", count: 1 << 20)
            try await wire.send(
                "POST /v1/payment_intents HTTP/1.1\r\nHost: api.stripe.com\r\nContent-Length: \(content.utf8.count)\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n\r\n\(content)")
            let answer = try await wire.answer()
            #expect(answer.status == 413 && answer.code == "content_too_large")
            #expect(stand.vendor.requests.isEmpty)
        }
    }
}

@Suite struct `What the vendor gets` {
    @Test func `has the credential and nothing of ours, whatever Connection names`() async throws {
        try await Stand.with { stand in
            _ = try await stand.ask(
                "GET", "/_test/echo",
                "Connection: Authorization, X-Hop\r\nX-Hop: 1\r\nAuthorization: Bearer placeholder\r\nX_Under: 1\r\n"
                    + "X-Forwarded-For: 1.2.3.4\r\nX-Agent-Run-Id: free-1\r\nKept: yes\r\n\(stand.credential())")
            let request = try #require(stand.vendor.requests.first)
            let names = Set(request.fields.map { $0.name.lowercased() })
            #expect(names == ["host", "authorization", "kept", "accept-encoding"])
            #expect(request.value("authorization") == "Bearer " + (Stand.secrets["stripe"] ?? ""))
            #expect(request.value("host") == "api.stripe.com")
        }
    }

    @Test func `is one canonical request, byte for byte the same in all three ways`() async throws {
        try await Stand.with { stand in
            let own = "127.0.0.1:\(stand.port)"
            let lines = "Content-Type: application/json\r\nContent-Length: 31\r\n"
            let content = "{\"amount\":500,\"currency\":\"usd\"}"
            for (start, host, credential) in [
                ("http://api.stripe.com", "api.stripe.com", stand.credential("billing-7")),
                ("https://api.stripe.com", "api.stripe.com", stand.credential("billing-7")),
                ("/stripe", own, "Authorization: Bearer \(stand.billing)\r\n"),
                ("/stripe/v1", own, "Authorization: Basic \(Data("\(stand.billing):".utf8).base64EncodedString())\r\n"),
            ] {
                let wire = try await stand.connect()
                try await wire.send(
                    "POST \(start)/v1/payment_intents HTTP/1.1\r\nHost: \(host)\r\n\(credential)\(lines)\r\n\(content)")
                let answer = try await wire.answer()
                #expect(answer.status == 200, "\(start): \(answer.text)")
                await wire.close()
            }
            let inside = try await stand.ask("POST", "/v1/payment_intents", lines, content: content, run: "billing-7")
            #expect(inside.status == 200)
            let sent = stand.vendor.requests.map { String(decoding: $0.head.bytes + $0.content, as: UTF8.self) }
            #expect(sent.count == 5 && Set(sent).count == 1, "\(sent)")
            #expect(stand.vendor.requests[0].text == "amount=500&currency=usd")
        }
    }
}

@Suite struct `A refusal` {
    @Test func `has the shape of the vendor's errors, and our code`() async throws {
        try await Stand.with { stand in
            let stripe = try await stand.ask("POST", "/v1/ephemeral_keys", "Content-Length: 0\r\n", run: "billing-7")
            #expect(stripe.json?["error"]?["type"]?.text == "invalid_request_error")
            #expect(stripe.json?["error"]?["message"]?.text?.contains("not permitted") == true)
            let twilio = try await stand.ask(
                "GET", "/2010-04-01/Accounts.json", run: "billing-7", host: "api.twilio.com")
            #expect(twilio.json?["status"] == .number("403") && twilio.json?["message"]?.text?.isEmpty == false)
            let openai = try await stand.ask(
                "POST", "/v1/chat/completions", "Content-Length: 0\r\n", host: "api.openai.com")
            #expect(openai.json?["error"]?["code"]?.text == "endpoint_not_allowed")
            for answer in [stripe, twilio, openai] {
                #expect(answer.status == 403 && answer.code == "endpoint_not_allowed")
                #expect(
                    answer.field("proxy-status")
                        == "cofferdam; error=http_request_denied; details=\"endpoint_not_allowed\"")
                #expect(answer.field("x-should-retry") == "false" && answer.field("stripe-should-retry") == "false")
                #expect(
                    answer.json?["attempted"]?.text?.isEmpty == false && answer.field("cofferdam-request-id") != nil)
            }
        }
    }

    @Test func `tells nothing to somebody unknown`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.connect()
            try await wire.send("GET /stripe/v1/x HTTP/1.1\r\nHost: 127.0.0.1:\(stand.port)\r\n\r\n")
            let answer = try await wire.answer()
            #expect(answer.status == 401 && answer.code == "credential_missing")
            #expect(answer.json?["attempted"] == nil && answer.field("www-authenticate") != nil)
        }
    }

    @Test(arguments: [
        (
            "GET / HTTP/1.1\r\nHost: a\r\n"
                + String(repeating: "X: " + String(repeating: "y", count: 1000) + "\r\n", count: 40), 431
        ),
        ("GET /" + String(repeating: "x", count: 40_000), 431), ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 501),
        ("GET / HTTP/1.1\nHost: a\n\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
    ]) func `answers what is no request, and closes`(_ bytes: String, _ status: Int) async throws {
        try await Stand.with { stand in
            for inside in [false, true] {
                let wire = inside ? try await stand.tunnel() : try await stand.connect()
                try await wire.send(bytes)
                let answer = try await wire.answer()
                #expect(answer.status == status && answer.field("connection") == "close")
                try await wire.closed()
            }
            #expect(stand.vendor.requests.isEmpty)
        }
    }
}
