import ControlAPI
import Core
import Testing

@Suite struct `A stranger at the admin listener` {
    private static let line = "GET /healthz HTTP/1.1\r\n"

    @Test(arguments: [
        "nonsense\r\n\r\n", "GET /healthz HTTP/1.1\r\nno colon\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n",
        line + "Content-Length: x\r\n\r\n", line + "X: \(String(repeating: "x", count: 40_000))\r\n\r\n",
    ])
    func `is told in our own words that nothing could be read`(_ bytes: String) async throws {
        try await Desk().serve { caller in
            let answer = try await caller.raw(Array(bytes.utf8))
            #expect(answer.status == 400)
            #expect(answer.head.contains("application/problem+json"))
            #expect(answer["code"]?.text == "malformed_request", "\(answer.text)")
        }
    }

    @Test(arguments: ["", "GET /hea", line + "Host: a\r\n"])
    func `is told when the head does not come`(_ bytes: String) async throws {
        var limits = ConnectionLimits()
        limits.headSeconds = 1
        try await Desk().serve(limits: limits) { caller in
            let answer = try await caller.raw(Array(bytes.utf8))
            #expect(answer.status == 408 && answer["code"]?.text == "request_timeout", "\(answer.head)")
        }
    }

    @Test func `is let go when the content does not come`() async throws {
        var limits = ConnectionLimits()
        limits.contentSeconds = 1
        try await Desk().serve(limits: limits) { caller in
            let head = "POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1:\(caller.port)\r\nContent-Length: 5\r\n"
            let fields = "Authorization: Bearer \(Desk.token)\r\nContent-Type: application/json\r\n\r\n{"
            let port = caller.port
            let heard = try await onThread {
                try Sockets.exchange(port: port, Array((head + fields).utf8)) { _ in false }
            }
            #expect(!String(decoding: heard, as: UTF8.self).contains("201"))
        }
    }

    @Test func `who holds all connections keeps no operator out`() async throws {
        var limits = ConnectionLimits()
        limits.connections = 20
        try await Desk().serve(limits: limits) { caller in
            let held = try await onThread { [port = caller.port] in try (0..<50).map { _ in try Sockets.open(port) } }
            for _ in 0..<5 { #expect(try await caller.call("GET", "/status").status == 200) }
            // The oldest had to go, and the newest are still there.
            #expect(try await onThread { Sockets.isEnded(held[0]) && !Sockets.isEnded(held[49]) })
            for file in held { Sockets.end(file) }
        }
    }
}
