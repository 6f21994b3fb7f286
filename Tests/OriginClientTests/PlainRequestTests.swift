import Core
import Testing

@testable import OriginClient

@Suite struct `A plain request` {
    @Test func `is answered`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/plain?a=b")
            #expect(outcome.failure == nil)
            #expect(outcome.head?.status == 200)
            #expect(outcome.head?.reason == Array("OK".utf8))
            #expect(outcome.head?.framing == .fixed(5))
            #expect(outcome.text == "hello")
            #expect(outcome.trailers?.isEmpty == true)
        }
    }

    @Test func `reaches the origin with no byte that was not asked for`() async throws {
        try await Road.open { road in
            let request = road.request(
                .get, "/echo/../%2E%2e//x?q=a%20b&&", fields: [("X-One", "1"), ("X-Empty", ""), ("x-two", " 2 ;")])
            let outcome = await road.send(request) { $0.target = Array("/echo?q=a%20b&&".utf8) }
            #expect(
                outcome.text
                    == "GET /echo?q=a%20b&& HTTP/1.1\r\nHost: vendor.test\r\nX-One: 1\r\nX-Empty:\r\nx-two:  2 ;\r\n\r\n"
            )
        }
    }

    @Test func `uses the connection of the one before`() async throws {
        try await Road.open { road in
            let first = await road.get("/plain")
            let second = await road.send(road.request(.post, "/plain", content: .whole(Array("a=b".utf8))))
            let third = await road.get("/plain")
            #expect(first.connection == "1")
            #expect(second.connection == "1")
            #expect(third.connection == "1")
            #expect(await road.server.count("connection") == 1)
        }
    }
}

extension Road {
    func send(_ request: OriginRequest, change: (inout OriginRequest) -> Void) async -> Outcome {
        var changed = request
        change(&changed)
        return await send(changed)
    }
}
