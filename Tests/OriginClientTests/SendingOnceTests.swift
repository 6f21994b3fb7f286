import Core
import Testing

@testable import OriginClient

@Suite struct `A connection that dies when it is used again` {
    @Test(arguments: [
        (Core.Method.post, OriginRequest.Content.whole(Array("amount=500".utf8))), (.post, .none), (.patch, .none),
        (.put, .whole(Array("a".utf8))), (.delete, .whole(Array("a".utf8))), (.post, .whole(pattern(100_000))),
    ])
    func `does not make a request reach the origin twice`(method: Core.Method, content: OriginRequest.Content)
        async throws
    {
        try await Road.open { road in
            #expect(await road.get("/warm-close").text == "hello")
            let outcome = await road.send(road.request(method, "/warm-close", content: content))
            #expect(outcome.failure?.cause == .cut)
            #expect(outcome.failure?.sent == true)
            // Whatever came later would have come before this answer.
            #expect(await road.get("/plain").text == "hello")
            #expect(await road.server.requests.map(\.target) == ["/warm-close", "/warm-close", "/plain"])
        }
    }

    @Test func `does not make streamed content reach it twice`() async throws {
        try await Road.open { road in
            _ = await road.get("/warm-close")
            let transfer = road.origin.send(road.request(.post, "/warm-close", content: .streamed(length: 3)))
            await transfer.upload(Array("abc".utf8))
            transfer.finishUpload()
            #expect(await Outcome(of: transfer).failure?.cause == .cut)
            #expect(await road.server.requests.count == 2)
        }
    }

    @Test func `does not disturb a request that only reads`() async throws {
        try await Road.open { road in
            _ = await road.get("/warm-close")
            let outcome = await road.get("/warm-close")
            #expect(outcome.text == "hello")
            #expect(outcome.connection == "2")
        }
    }
}

@Suite struct `A new connection that dies` {
    @Test(arguments: [Core.Method.get, .post]) func `is not tried again`(method: Core.Method) async throws {
        try await Road.open { road in
            let outcome = await road.send(road.request(method, "/hang-up"))
            #expect(outcome.failure?.cause == .cut)
            #expect(outcome.failure?.sent == true)
            #expect(await road.server.requests.count == 1)
        }
    }
}

extension OriginRequest.Content: CustomTestStringConvertible {
    /// Not every byte of it: a log of tests is read by people.
    public var testDescription: String {
        switch self {
        case .none: "no content"
        case .whole(let bytes): "\(bytes.count) bytes"
        case .streamed: "streamed content"
        }
    }
}
