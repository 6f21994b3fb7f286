import ControlAPI
import Core
import Foundation
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

    /// Looks again and again, for five seconds.
    private static func soon(_ isSo: () -> Bool) -> Bool {
        for _ in 0..<100 {
            if isSo() { return true }
            usleep(50_000)
        }
        return false
    }

    @Test func `who holds all connections keeps no operator out`() async throws {
        var limits = ConnectionLimits()
        limits.connections = 20
        try await Desk().serve(limits: limits) { caller in
            let held = try await onThread { [port = caller.port] in try (0..<50).map { _ in try Sockets.open(port) } }
            for _ in 0..<5 { #expect(try await caller.call("GET", "/status").status == 200) }
            // The oldest had to go, and the newest are still there.
            #expect(try await onThread { Self.soon { Sockets.isEnded(held[0]) } && !Sockets.isEnded(held[49]) })
            for file in held { Sockets.end(file) }
        }
    }

    @Test func `who asks and never reads keeps no operator out`() async throws {
        var limits = ConnectionLimits()
        limits.connections = 20
        try await Desk().serve(limits: limits) { caller in
            let held = try await onThread { [port = caller.port] in
                try (0..<40).map { _ in try Self.unread(port, Self.asks("/openapi.json", 30, port)) }
            }
            for _ in 0..<5 {
                let start = ContinuousClock.now
                #expect(try await caller.call("GET", "/v1/runs").status == 200)
                #expect(.now - start < .seconds(5))
            }
            for file in held { Sockets.end(file) }
        }
    }

    @Test func `does not push out who showed a token`() async throws {
        var limits = ConnectionLimits()
        limits.connections = 20
        try await Desk().serve(limits: limits) { caller in
            let (ours, held) = try await onThread { [port = caller.port] in
                let ours = try (0..<5).map { _ in try Self.known(port) }
                return (ours, try (0..<50).map { _ in try Sockets.open(port) })
            }
            for _ in 0..<3 { #expect(try await caller.call("GET", "/v1/runs").status == 200) }
            #expect(try await onThread { ours.allSatisfy { !Sockets.isEnded($0) } && Sockets.isEnded(held[0]) })
            for file in ours + held { Sockets.end(file) }
        }
    }

    @Test func `is let go when it takes nothing of its answers`() async throws {
        var limits = ConnectionLimits()
        limits.answerSeconds = 1
        try await Desk().serve(limits: limits) { caller in
            let port = caller.port
            let heard = try await onThread {
                let file = try Self.unread(port, Self.asks("/openapi.json", 30, port))
                defer { Sockets.end(file) }
                sleep(4)
                return Sockets.drain(file)
            }
            let whole = try await caller.call("GET", "/openapi.json").content.count
            #expect(heard.count > 0 && heard.count < 30 * whole, "\(heard.count) of 30 times \(whole)")
        }
    }

    @Test(arguments: [true, false])
    func `may send ahead a little, and is answered in turn`(_ ends: Bool) async throws {
        try await Desk().serve { caller in
            let port = caller.port
            let heard = try await onThread {
                let file = try Sockets.open(port)
                defer { Sockets.end(file) }
                Sockets.write(Self.asks("/healthz", 10, port) + Self.asks("/openapi.json", 3, port), to: file)
                if ends { Sockets.finishWriting(to: file) }
                return Sockets.drain(file) { Self.answers($0) == 13 && $0.suffix(3).contains(UInt8(ascii: "}")) }
            }
            #expect(Self.answers(heard) == 13)
        }
    }

    @Test func `is let go when it sends far ahead`() async throws {
        try await Desk().serve { caller in
            let port = caller.port
            let heard = try await onThread {
                try Sockets.exchange(port: port, Self.asks("/healthz", 2000, port)) { _ in false }
            }
            #expect(Self.answers(heard) < 2000)
            #expect(try await caller.call("GET", "/v1/runs").status == 200)
        }
    }

    private static func asks(_ path: String, _ count: Int, _ port: Int) -> [UInt8] {
        Array(String(repeating: "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n", count: count).utf8)
    }

    private static func answers(_ heard: [UInt8]) -> Int {
        String(decoding: heard, as: UTF8.self).components(separatedBy: "HTTP/1.1 200 OK").count - 1
    }

    /// A connection that has sent these bytes, and takes little of what comes.
    private static func unread(_ port: Int, _ bytes: [UInt8]) throws -> Int32 {
        let file = try Sockets.open(port, holding: 4096)
        Sockets.write(bytes, to: file)
        return file
    }

    /// A connection that is kept after a call with the master token.
    private static func known(_ port: Int) throws -> Int32 {
        let file = try Sockets.open(port)
        let fields = "Host: 127.0.0.1:\(port)\r\nAuthorization: Bearer \(Desk.token)\r\n\r\n"
        Sockets.write(Array("GET /v1/runs HTTP/1.1\r\n\(fields)".utf8), to: file)
        _ = Sockets.drain(file) { $0.last == UInt8(ascii: "\n") && $0.contains(UInt8(ascii: "}")) }
        return file
    }
}
