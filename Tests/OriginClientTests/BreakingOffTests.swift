import Core
import Logging
import Testing

@testable import OriginClient

@Suite struct `A transfer that is cancelled` {
    @Test func `while the origin is silent says nothing more`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.get, "/silent"))
            _ = await road.server.event { $0.event == "request" }
            async let outcome = Outcome(of: transfer)
            transfer.cancel()
            #expect(await outcome.failure == OriginFailure(.cancelled, sent: true, detail: "cancelled"))
            _ = await road.server.event { $0.event == "closed" || $0.event == "error" }
        }
    }

    @Test func `at once was never sent`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.get, "/plain"))
            transfer.cancel()
            let failure = await Outcome(of: transfer).failure
            #expect(failure?.cause == .cancelled)
            #expect(failure?.sent == false)
        }
    }

    @Test func `in the middle of content gives none of what is left`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.get, "/big?100000000"))
            guard case .head = await transfer.next() else { throw Surprise(words: "no head") }
            transfer.cancel()
            guard case .failed(let failure) = await transfer.next() else { throw Surprise(words: "more came") }
            #expect(failure.cause == .cancelled)
            #expect(await road.get("/plain").text == "hello")
        }
    }

    @Test func `lets its writer go`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request(.post, "/unread-upload", content: .streamed(length: nil)))
            let writer = Task {
                for _ in 0..<1000 { await transfer.upload([UInt8](repeating: 0x78, count: 65_536)) }
            }
            _ = await road.server.mark("upload begins")
            transfer.cancel()
            await writer.value
            #expect(await Outcome(of: transfer).failure?.cause == .cancelled)
        }
    }

    @Test func `after its end has ended all the same`() async throws {
        try await Road.open { road in
            let transfer = road.origin.send(road.request())
            #expect(await Outcome(of: transfer).trailers != nil)
            transfer.cancel()
            transfer.cancel()
            guard case .end = await transfer.next() else { throw Surprise(words: "the end has gone") }
        }
    }
}

@Suite struct `An origin that keeps us waiting` {
    @Test func `for a connection is given up`() async throws {
        // A plain listener never answers the handshake.
        try await Road.open(nil) { road in
            let request = road.request {
                $0.dial.connectTimeout = .milliseconds(200)
                $0.dial.idleTimeout = .seconds(30)
            }
            let outcome = await road.send(request)
            #expect(outcome.failure == OriginFailure(.timeout, sent: false, detail: "no connection in time"))
        }
    }

    @Test func `for its answer is given up`() async throws {
        let outcome = try await waiting("/silent") { $0.dial.firstByteTimeout = .milliseconds(200) }
        #expect(outcome.failure == OriginFailure(.timeout, sent: true, detail: "no answer in time"))
    }

    @Test func `for its answer to an upload is given up`() async throws {
        try await Road.open { road in
            let request = road.request(.post, "/silent", content: .streamed(length: 3)) {
                $0.dial.firstByteTimeout = .milliseconds(200)
            }
            let transfer = road.origin.send(request)
            await transfer.upload(Array("abc".utf8))
            transfer.finishUpload()
            let failure = await Outcome(of: transfer).failure
            #expect(failure == OriginFailure(.timeout, sent: true, detail: "no answer in time"))
        }
    }

    @Test func `in the middle of its answer is given up`() async throws {
        let outcome = try await waiting("/stall") { $0.dial.idleTimeout = .milliseconds(200) }
        #expect(outcome.text == "half-")
        #expect(outcome.failure == OriginFailure(.timeout, sent: true, detail: "the answer stalled"))
    }

    @Test func `in the middle of an upload is given up`() async throws {
        let outcome = try await waiting("/stalled-upload") {
            $0.method = .post
            $0.content = .whole([UInt8](repeating: 0x78, count: 64 << 20))
            $0.dial.idleTimeout = .milliseconds(300)
        }
        #expect(outcome.failure == OriginFailure(.timeout, sent: true, detail: "the upload stalled"))
    }

    private func waiting(_ target: String, change: (inout OriginRequest) -> Void) async throws -> Outcome {
        try await Road.open { road in
            let outcome = await road.get(target, change: change)
            // The others go on.
            #expect(await road.get("/plain").text == "hello")
            return outcome
        }
    }
}

@Suite struct `An adapter that stops` {
    @Test func `breaks off what is in flight`() async throws {
        let road = try await Road()
        let transfer = road.origin.send(road.request(.get, "/silent"))
        _ = await road.server.event { $0.event == "request" }
        async let outcome = Outcome(of: transfer)
        await road.origin.stop()
        #expect(await outcome.failure?.cause == .cancelled)
        #expect(await outcome.failure?.sent == true)
    }

    @Test func `takes nothing more`() async throws {
        let road = try await Road()
        await road.origin.stop()
        await road.origin.stop()
        let failure = await road.get("/plain").failure
        #expect(failure?.cause == .cancelled)
        #expect(failure?.sent == false)
    }

    @Test func `has closed its connections`() async throws {
        let road = try await Road()
        _ = await road.get("/plain")
        #expect(road.origin.stats.connections == 1)
        await road.origin.stop()
        _ = await road.server.event { $0.event == "closed" }
        #expect(
            road.origin.stats
                == {
                    var stats = CurlStats(); stats.connectionsOpened = 1; return stats
                }())
    }

    @Test func `works on each of its lanes`() async throws {
        let server = try await OriginServer()
        let origin = try CurlOrigin(lanes: [.queue(1), .queue(0)], logger: Logger(label: "test"))
        let road = Road(origin: origin, server: server)
        for lane in [0, 1, 0, 1] { #expect(await road.get("/plain") { $0.lane = lane }.text == "hello") }
        #expect(await server.count("connection") == 2)
        await origin.stop()
    }
}
