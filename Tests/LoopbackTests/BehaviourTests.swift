import Crypto
import Foundation
import Testing

@testable import Loopback

private func pattern(_ size: Int) -> Data {
    Data((0..<size).map { UInt8($0 % Sizes.period) })
}

@Suite struct `A behaviour in order` {
    @Test func `echo tells everything`() async throws {
        try await Asker.with { asker in
            let echo = try await asker.curl("/_test/echo?x", "-X", "PATCH", "-H", "A: b", "-d", "hello").json
            #expect(echo?["method"] == "PATCH")
            #expect(echo?["target"] == "/_test/echo?x")
            #expect(echo?["content"] == "hello")
            #expect(echo?["content_length"] == 5)
            #expect(
                echo?["content_sha256"] == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
            #expect(echo?["fields"]?.array?.contains(["A", "b"]) == true)
        }
    }

    @Test(arguments: ["bytes", "chunked", "unknown"], [0, 1, 64_256, 200_000])
    func `sizes are exact`(framing: String, size: Int) async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/\(framing)/\(size)", head: false)
            #expect(ran.status == 0, "\(ran.errors)")
            #expect(ran.output == pattern(size))
        }
    }

    @Test func `chunks end with a checksum`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/chunked/70000")
            let sum = Hex.lower(SHA256.hash(data: pattern(70_000)))
            // curl -i shows trailers behind the head.
            #expect(ran.text.contains("X-Checksum: \(sum)") || ran.errors.contains(sum))
        }
    }

    @Test func `HEAD has no content`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/bytes/100", "-I", head: false)
            #expect(ran.status == 0)
            #expect(ran.text.contains("Content-Length: 100\r\n"))
        }
    }

    @Test func `a huge download and upload arrive whole`() async throws {
        try await Asker.with { asker in
            let size = 256 << 20
            let down = try await asker.curl(
                "/_test/bytes/\(size)", "-o", "/dev/null", "-w", "%{size_download}", head: false)
            #expect(down.text == "\(size)", "\(down.errors)")
            let up = try await run([
                "bash", "-c",
                "head -c \(size) /dev/zero | \(asker.command(showingHead: false).joined(separator: " ")) -T - https://api.stripe.com/_test/upload",
            ])
            #expect(up.json?["content_length"] == .int(size), "\(up.errors)")
        }
    }

    @Test func `an upload is asked for when the client waits`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl(
                "/_test/upload", "-H", "Expect: 100-continue", "--expect100-timeout", "30", "-d", "hello")
            #expect(ran.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
        }
    }

    @Test func `an early 413 is given without asking for the content`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl(
                "/_test/early-413", "-H", "Expect: 100-continue", "--expect100-timeout", "30", "-d", "hello")
            #expect(ran.text.hasPrefix("HTTP/1.1 413 "))
            #expect(asker.sandbox.requests.first?.contentLength == 0)
        }
    }

    @Test func `an early 413 arrives in the middle of an upload`() async throws {
        try await Asker.with { asker in
            let file = asker.folder.file("content")
            try Data(count: 8 << 20).write(to: URL(fileURLWithPath: file))
            let ran = try await asker.curl("/_test/early-413?after=100000", "-H", "Expect:", "-T", file)
            #expect(ran.text.hasPrefix("HTTP/1.1 413 "), "\(ran.errors)")
        }
    }

    @Test func `events come as asked`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/sse?events=3&every_ms=1", head: false)
            #expect(ran.text.components(separatedBy: "\n\n").count == 4)
            #expect(ran.text.hasPrefix("event: tick\nid: 1\ndata: {\"n\":1}\n\n"))
        }
    }

    @Test func `an endless stream ends when the client goes`() async throws {
        try await Asker.with { asker in
            let command = asker.command(showingHead: false).joined(separator: " ")
            let ran = try await run([
                "bash", "-c", "\(command) -N 'https://api.stripe.com/_test/sse-forever?every_ms=5' | head -c 100",
            ])
            #expect(ran.text.hasPrefix("event: tick\nid: 1\n"))
            await asker.sandbox.wait { $0.complete == 1 && $0.open == 0 }
        }
    }

    @Test(arguments: [
        ("status/503?field=Retry-After:%205", "HTTP/1.1 503 Service Unavailable\r\n"), ("204", "HTTP/1.1 204 "),
        ("304", "HTTP/1.1 304 "), ("redirect?to=https://evil.example/", "HTTP/1.1 302 Found\r\n"),
        ("interim?n=2", "HTTP/1.1 103 Early Hints\r\n"), ("slow-head?ms=1", "HTTP/1.1 200 "),
        ("slow-body?ms=1", "HTTP/1.1 200 "), ("drip?bytes=3&every_ms=1", "HTTP/1.1 200 "),
        ("trailers", "HTTP/1.1 200 "), ("nothing-of-the-kind", "HTTP/1.1 404 "),
    ])
    func `others answer`(path: String, start: String) async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/\(path)")
            #expect(ran.status == 0, "\(ran.errors)")
            #expect(ran.text.hasPrefix(start))
        }
    }

    @Test func `encoded content is really encoded`() async throws {
        try await Asker.with { asker in
            let secret = ["-H", "Authorization: Bearer sk_test_\u{e9}real"]
            let plain = try await asker.curl("/_test/gzip", secret[0], secret[1], head: false)
            #expect(!plain.output.contains(Data("sk_test".utf8)))
            let decoded = try await asker.curl("/_test/gzip", secret[0], secret[1], "--compressed", head: false)
            #expect(decoded.text == "compressed for Bearer sk_test_\u{e9}real\n", "\(decoded.errors)")
        }
    }

    @Test func `a leak gives the credential back in every form`() async throws {
        try await Asker.with { asker in
            let basic = Data("AC1:to/ken+secret".utf8).base64EncodedString()
            let ran = try await asker.curl(
                "/_test/leak?form=raw,base64,percent,unicode&trailer=1", "-H", "Authorization: Basic \(basic)")
            for form in [
                "raw=Basic \(basic)", "raw=to/ken+secret", "base64=\(Data("to/ken+secret".utf8).base64EncodedString())",
                "percent=to%2Fken%2Bsecret", "unicode=\\u0074\\u006f",
            ] {
                #expect(ran.text.contains("\r\nX-Leak: \(form)"))
                #expect(ran.text.contains("\n\(form)"))
            }
        }
    }

    @Test func `a leak is cut across chunks`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl(
                "/_test/leak?chunk=3&form=raw&field=0", "-H", "Authorization: Bearer sk_1", "--raw", head: false)
            #expect(ran.text.hasPrefix("3\r\nlea\r\n3\r\nk\nr\r\n"))
        }
    }
}

@Suite struct `A behaviour out of order` {
    @Test(arguments: ["fin", "rst", "notify"], ["cut?after=10", "cut-chunked?after=10", "reset?x=1"])
    func `endings are seen by the client`(how: String, path: String) async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/\(path)&how=\(how)")
            #expect([18, 35, 52, 56].contains(ran.status), "\(ran.status) \(ran.errors)")
            #expect(asker.sandbox.requests.count == 1)
            await asker.sandbox.wait { $0.open == 0 }
        }
    }

    @Test func `a cut sends what it promised before`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/cut?after=500000&of=600000", head: false)
            #expect(ran.output == pattern(500_000))
        }
    }

    @Test func `a reset is a reset`() async throws {
        let sandbox = try await SandboxVendor.start(hosts: ["a.example"], tls: false)
        let ran = try await run(["curl", "-sS", "http://127.0.0.1:\(sandbox.port)/_test/reset"])
        #expect(ran.status == 56)
        #expect(ran.errors.contains("reset"))
        await sandbox.stop()
    }

    @Test func `a warm connection dies on the next request, unanswered`() async throws {
        try await Asker.with { asker in
            // One curl, one connection; a POST is not repeated by it on a connection that gave no byte.
            let ran = try await run(
                asker.command(showingHead: false) + ["https://api.stripe.com/_test/close-after-request/2", "--next"]
                    + asker.command(showingHead: false).dropFirst() + ["https://api.stripe.com/v1/balance", "--next"]
                    + asker.command(showingHead: false).dropFirst() + [
                        "-d", "amount=5&currency=usd", "https://api.stripe.com/v1/charges",
                    ])
            _ = ran
            let first = asker.sandbox.requests.filter { $0.connection == 1 }
            #expect(first.map(\.target) == ["/_test/close-after-request/2", "/v1/balance", "/v1/charges"])
            // Whatever reached the vendor by a repetition was accepted once; the unanswered one was not.
            #expect(asker.sandbox.accepted.count == asker.sandbox.requests.count - 3)
        }
    }

    @Test(arguments: [
        "garbage", "bad-length", "bad-chunk", "no-status", "head-bomb?kib=400",
    ])
    func `broken answers are refused by curl`(path: String) async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/\(path)")
            #expect(ran.status != 0, "\(ran.text.prefix(200))")
        }
    }

    @Test(arguments: [
        "101", "twice", "two-lengths", "cut-head", "length-and-chunked", "folded", "control-field", "overrun", "http2",
    ])
    func `doubtful answers are sent as they are`(path: String) async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/_test/\(path)")
            #expect(ran.text.hasPrefix("HTTP/"), "\(ran.errors)")
        }
    }

    @Test func `a request can hang`() async throws {
        let sandbox = try await SandboxVendor.start(hosts: ["a.example"], tls: false)
        let ran = try await run([
            "curl", "-sS", "--max-time", "2", "-d", "x=1", "http://127.0.0.1:\(sandbox.port)/_test/hang",
        ])
        #expect(ran.status == 28, "\(ran.text)")
        await sandbox.wait { $0.complete == 1 && $0.open == 0 }
        await sandbox.stop()
    }
}
