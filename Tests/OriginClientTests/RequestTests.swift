import Core
import Testing

@testable import OriginClient

@Suite struct `A request of any kind` {
    @Test(arguments: [Core.Method.get, .delete, .options])
    func `without content announces none`(method: Core.Method) async throws {
        let head = try await headSeen(method, .none)
        #expect(head == "\(method.rawValue) /echo HTTP/1.1\r\nHost: vendor.test")
    }

    @Test(arguments: [Core.Method.post, .put, .patch])
    func `without content, where content is expected, says so`(method: Core.Method) async throws {
        let head = try await headSeen(method, .none)
        #expect(head == "\(method.rawValue) /echo HTTP/1.1\r\nHost: vendor.test\r\nContent-Length: 0")
    }

    @Test(arguments: [Core.Method.post, .put, .patch, .delete, .get])
    func `announces the length of its content`(method: Core.Method) async throws {
        let head = try await headSeen(method, .whole(Array("a=b".utf8)))
        #expect(head == "\(method.rawValue) /echo HTTP/1.1\r\nHost: vendor.test\r\nContent-Length: 3")
    }

    @Test(arguments: [0, 1, 16_383, 16_384, 65_535, 65_536, 3_000_000])
    func `brings all its content`(size: Int) async throws {
        try await Road.open { road in
            let outcome = await road.send(road.request(.post, "/length", content: .whole(pattern(size))))
            #expect(outcome.text == "\(size)")
            let seen = try #require(await road.server.requests.first)
            #expect(
                seen.head?.contains("Content-Length: \(size)\r\n") == true || seen.head?.hasSuffix("\(size)") == true)
            #expect(seen.content == String(bytes: pattern(size).prefix(4096)))
        }
    }

    @Test func `that asks for a head gets no content`() async throws {
        try await Road.open { road in
            let outcome = await road.send(road.request(.head, "/bare?200"))
            #expect(outcome.head?.framing == Framing.none)
            #expect(outcome.trailers != nil)
            #expect(outcome.content.isEmpty)
            #expect(await road.server.requests.first?.method == "HEAD")
            // The connection is good for another.
            #expect(await road.send(road.request(.head, "/bare?200")).connection == "1")
        }
    }

    private func headSeen(_ method: Core.Method, _ content: OriginRequest.Content) async throws -> String? {
        try await Road.open { road in
            _ = await road.send(road.request(method, "/echo", content: content))
            return await road.server.requests.first?.head
        }
    }
}

/// Bytes that show where a piece is missing or doubled.
func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(ascii: "a") + UInt8(($0 / 7) % 26) } }

@Suite struct `A request with bytes that could end a line` {
    @Test(arguments: [
        ("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X-A", "a\rb"), ("X-A", "a\0b"), ("X A", "b"), ("X-A:", "b"),
        ("", "b"),
        ("X-A\r\nX-B", "b"), ("X;", "b"),
    ])
    func `in a field is not sent`(name: String, value: String) async throws {
        try await isNotSent { $0.fields = Fields([(name, value)]) }
    }

    @Test(arguments: ["/a b", "/a\r\nX: b", "/a\0", "/\u{e4}", "a", "", "/a#b", "https://other.test/"])
    func `in the target is not sent`(target: String) async throws {
        try await isNotSent { $0.target = Array(target.utf8) }
    }

    @Test(arguments: ["vendor.test:1", "a@vendor.test", "vendor.test/", "", "vendor.test\r\n", "[::1]", "vendor test"])
    func `in the host is not sent`(host: String) async throws {
        try await isNotSent { $0.host = host }
    }

    @Test(arguments: [
        "Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer", "Expect", "Keep-Alive",
    ])
    func `or with a field of the connection is not sent`(name: String) async throws {
        try await isNotSent { $0.fields = Fields([(name, "5")]) }
    }

    private func isNotSent(_ change: (inout OriginRequest) -> Void) async throws {
        try await Road.open { road in
            let outcome = await road.send(road.request(change: change))
            #expect(outcome.failure?.cause == .protocolError)
            #expect(outcome.failure?.sent == false)
            #expect(await road.server.count("connection") == 0)
            // The loop is none the worse for it.
            #expect(await road.get("/plain").text == "hello")
        }
    }
}
