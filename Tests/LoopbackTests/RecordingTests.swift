import Foundation
import Testing

@testable import Loopback

@Suite struct `A recording` {
    @Test func `shows the exact bytes that arrived`() async throws {
        try await Asker.with { asker in
            _ = try await asker.curl(
                "/_test/echo?a=%20b", "-H", "X-Odd:   spaced  ", "-H", "x-odd: again", "-H", "User-Agent: t", "-H",
                "Accept:", "-d", "amount=500")
            let request = try #require(asker.sandbox.requests.first)
            let lines = String(decoding: request.head.bytes, as: UTF8.self).components(separatedBy: "\r\n")
            #expect(lines.first == "POST /_test/echo?a=%20b HTTP/1.1")
            #expect(lines.contains("X-Odd:   spaced  "))
            #expect(lines.contains("x-odd: again"))
            #expect(lines.suffix(2) == ["", ""])
            #expect(request.head.values("x-odd") == ["spaced", "again"])
            #expect(request.text == "amount=500")
            #expect(request.contentLength == 10)
            #expect(request.contentSHA256 == "61334ca3c0a207ba2f1a56b8ff6d3c741bcc30aaca7c765ec732d2dacc05626c")
            #expect(request.isComplete)
        }
    }

    @Test func `tells connections and server names`() async throws {
        try await Asker.with { asker in
            _ = try await run(
                asker.command() + ["https://api.stripe.com/v1/balance", "https://api.stripe.com/v1/balance"])
            _ = try await asker.curl("/v1/balance")
            #expect(asker.sandbox.requests.map(\.connection) == [1, 1, 2])
            #expect(asker.sandbox.requests.map(\.number) == [1, 2, 3])
            #expect(asker.sandbox.connections.map(\.serverName) == ["api.stripe.com", "api.stripe.com"])
            await asker.sandbox.wait { $0.open == 0 }
            #expect(asker.sandbox.counts == SandboxCounts(connections: 2, open: 0, requests: 3, complete: 3))
        }
    }

    @Test func `holds a request that never became whole`() async throws {
        let sandbox = try await SandboxVendor.start(hosts: ["a.example"], tls: false)
        let head = #"POST /v1/charges HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100\r\n\r\n"#
        let port = sandbox.port
        _ = try await run(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '\(head)amount=5' >&3"])
        await sandbox.wait { $0.requests == 1 && $0.open == 0 }
        let request = try #require(sandbox.requests.first)
        #expect(!request.isComplete)
        #expect(request.text == "amount=5")
        #expect(sandbox.accepted.isEmpty)
        await sandbox.stop()
    }

    @Test func `keeps a bounded part of the content, and counts all`() async throws {
        try await Asker.with { asker in
            let file = asker.folder.file("content")
            try Data(repeating: 0x61, count: 300_000).write(to: URL(fileURLWithPath: file))
            _ = try await asker.curl("/_test/upload", "-T", file)
            let request = try #require(asker.sandbox.requests.first)
            #expect(request.content.count == 64 << 10)
            #expect(request.contentLength == 300_000)
        }
    }

    @Test func `can be read by another process, and doesn't hold that`() async throws {
        try await Asker.with { asker in
            _ = try await asker.curl("/v1/balance?x=1")
            let dump = try await asker.curl("/_sandbox/requests").json
            #expect(dump?["count"] == 1)
            #expect(dump?["requests"]?.array?.first?["target"] == "/v1/balance?x=1")
            #expect(asker.sandbox.requests.count == 1)
        }
    }

    @Test func `notes bytes that are no request`() async throws {
        let sandbox = try await SandboxVendor.start(hosts: ["a.example"], tls: false)
        let ran = try await run([
            "bash", "-c",
            "exec 3<>/dev/tcp/127.0.0.1/\(sandbox.port); printf 'GET / HTTP/1.1\\nHost: x\\n\\n' >&3; cat <&3",
        ])
        #expect(ran.text.hasPrefix("HTTP/1.1 400 "))
        #expect(sandbox.requests.isEmpty)
        #expect(sandbox.connections.first?.malformed == "line end")
        await sandbox.stop()
    }

    @Test func `wakes who waits, also when the wait is given up`() async throws {
        try await Asker.with { asker in
            let sandbox = asker.sandbox
            let waiting = Task { await sandbox.wait { $0.requests == 2 } }
            let givingUp = Task { await sandbox.wait { _ in false } }
            _ = try await asker.curl("/v1/balance")
            _ = try await asker.curl("/v1/balance")
            await waiting.value
            givingUp.cancel()
            await givingUp.value
        }
    }
}

@Suite struct `A sandbox` {
    @Test func `is not believed without its CA`() async throws {
        try await Asker.with { asker in
            let ran = try await run([
                "curl", "-sS", "--connect-to", "api.stripe.com:443:127.0.0.1:\(asker.sandbox.port)",
                "https://api.stripe.com/v1/balance",
            ])
            #expect(ran.status == 60)
            #expect(asker.sandbox.requests.isEmpty)
        }
    }

    @Test func `answers for its own hosts only`() async throws {
        try await Asker.with { asker in
            let ran = try await asker.curl("/v1/balance", "-H", "Host: evil.example")
            #expect(ran.text.hasPrefix("HTTP/1.1 421 "))
        }
    }

    @Test(arguments: [
        ("Authorization: Bearer sk_test_real", 200), ("Authorization: Bearer sk_test_cofferdam", 401),
        ("X-None: 1", 401),
    ])
    func `lets in who shows the credential`(field: String, status: Int) async throws {
        try await Asker.with(credentials: ["api.stripe.com": ExpectedCredential("Bearer sk_test_real")]) { asker in
            let ran = try await asker.curl("/v1/balance", "-H", field)
            #expect(ran.text.hasPrefix("HTTP/1.1 \(status) "))
            #expect(try await asker.curl("/x", host: "api.twilio.com").text.hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func `ends open streams when it is stopped`() async throws {
        let asker = try await Asker.start()
        async let ran = asker.curl("/_test/sse-forever")
        await asker.sandbox.wait { $0.complete == 1 }
        await asker.sandbox.stop()
        #expect(try await ran.status != 0)
        #expect(asker.sandbox.counts.open == 0)
    }

    @Test func `satisfies Python's strict verification`() async throws {
        try await Asker.with { asker in
            let script = """
                import socket, ssl, sys
                context = ssl.create_default_context(cafile=sys.argv[1])
                context.verify_flags |= ssl.VERIFY_X509_STRICT
                context.set_alpn_protocols(["h2", "http/1.1"])
                with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as plain:
                    with context.wrap_socket(plain, server_hostname="api.stripe.com") as secure:
                        print(secure.version(), secure.selected_alpn_protocol())
                """
            let ran = try await run(["python3", "-c", script, asker.folder.file("ca.pem"), "\(asker.sandbox.port)"])
            if ran.status == 127 { return }
            #expect(ran.text == "TLSv1.3 http/1.1\n", "\(ran.errors)")
        }
    }

    @Test func `misbehaves on any path when told to, before or after it acted`() async throws {
        try await Asker.with { asker in
            asker.sandbox.divert { request in
                request.method == "POST" ? Diversion("/_test/reset", acts: request.number == 2) : nil
            }
            for expected in [0, 1] {
                let ran = try await asker.curl("/v1/charges", "-d", "amount=500&currency=usd")
                #expect(ran.status == 35 || ran.status == 52 || ran.status == 56, "\(ran.errors)")
                #expect(asker.sandbox.accepted.count == expected)
            }
            #expect(try await asker.curl("/v1/balance").text.hasPrefix("HTTP/1.1 200 "))
            asker.sandbox.divert(nil)
            #expect(try await asker.curl("/v1/charges", "-d", "amount=500&currency=usd").status == 0)
        }
    }
}
