import Core
import Testing

@testable import OriginClient

@Suite struct `An answer` {
    @Test func `may come in chunks`() async throws {
        let outcome = try await answer("/chunked")
        #expect(outcome.head?.framing == .chunked)
        #expect(outcome.text == "one,two,three")
        #expect(outcome.trailers == Fields())
    }

    @Test func `may have trailers`() async throws {
        let outcome = try await answer("/trailers")
        #expect(outcome.text == "hello")
        #expect(outcome.trailers == Fields([("X-Sum", "42")]))
    }

    @Test func `may be announced by interim heads`() async throws {
        let outcome = try await answer("/interim")
        #expect(outcome.interims.map(\.status) == [100, 103])
        #expect(outcome.interims.last?.fields == Fields([("Link", "</a>")]))
        #expect(outcome.head?.status == 200)
        #expect(outcome.text == "hello")
    }

    @Test(arguments: [204, 304]) func `may have no content by its status`(status: Int) async throws {
        let outcome = try await answer("/bare?\(status)")
        #expect(outcome.head?.status == status)
        #expect(outcome.head?.framing == Framing.none)
        #expect(outcome.trailers != nil)
    }

    @Test func `may last until the connection is closed`() async throws {
        let outcome = try await answer("/until-close")
        #expect(outcome.head?.framing == .untilClose)
        #expect(outcome.text == "until the end")
        #expect(outcome.trailers != nil)
    }

    @Test func `that redirects is returned`() async throws {
        try await Road.open { road in
            let outcome = await road.get("/redirect")
            #expect(outcome.head?.status == 302)
            #expect(outcome.field("location") == "https://vendor.test/plain")
            #expect(await road.server.requests.count == 1)
        }
    }

    @Test func `that is encoded stays encoded`() async throws {
        let outcome = try await answer("/encoded")
        #expect(outcome.field("content-encoding") == "gzip")
        #expect(outcome.text == "hello")
    }

    @Test func `leaves no cookie behind`() async throws {
        try await Road.open { road in
            #expect(await road.get("/cookie").field("set-cookie") == "a=b; Path=/")
            #expect(await road.get("/echo").text.contains("ookie") == false)
        }
    }

    @Test func `is cut off where its length ends`() async throws {
        let outcome = try await answer("/overrun")
        #expect(outcome.text == "hello")
        #expect(outcome.trailers != nil)
    }
}

@Suite struct `An answer that is not whole` {
    @Test(arguments: ["/cut-fixed", "/cut-chunked", "/cut-chunk", "/cut-head", "/reset", "/hang-up", "/until-cut"])
    func `never ends well`(target: String) async throws {
        let outcome = try await answer(target)
        #expect(outcome.failure?.cause == .cut)
        #expect(outcome.failure?.sent == true)
        #expect(outcome.trailers == nil)
    }

    @Test func `gives what came before the cut`() async throws {
        #expect(try await answer("/cut-fixed").text == "half-")
        #expect(try await answer("/cut-chunked").text == "hello")
    }
}

@Suite struct `An answer that is not HTTP` {
    @Test(arguments: [
        "/garbage", "/http09", "/http2-status", "/bad-status", "/long-status", "/switch", "/fold", "/space-name",
        "/no-name", "/control", "/bare-return", "/nul", "/two-lengths", "/length-list", "/signed-length", "/both",
        "/gzip-encoding", "/old-chunked", "/big-head", "/big-trailers", "/long-line", "/flood",
    ])
    func `is refused`(target: String) async throws {
        let outcome = try await answer(target)
        #expect(outcome.failure?.cause == .protocolError)
        #expect(outcome.failure?.sent == true)
        #expect(outcome.failure?.detail.isEmpty == false)
        #expect(outcome.content.isEmpty)
    }

    @Test func `is refused in the middle too`() async throws {
        #expect(try await answer("/bad-chunk").failure?.cause == .protocolError)
        #expect(try await answer("/cut-chunk").failure?.cause == .cut)
    }
}

/// What comes of a GET to a fresh origin.
func answer(_ target: String) async throws -> Outcome {
    try await Road.open { road in await road.get(target) }
}

@Suite struct `What an origin says beyond an answer` {
    @Test(arguments: ["/double", "/double-late", "/double-empty"])
    func `is never taken for the next one`(target: String) async throws {
        try await Road.open { road in
            #expect(await road.get(target).failure == nil)
            if target != "/double" { _ = await road.server.mark("evil sent") }
            let next = await road.get("/plain")
            #expect(next.text == "hello")
            #expect(next.failure == nil)
        }
    }

    @Test func `costs only a new connection`() async throws {
        try await Road.open { road in
            _ = await road.get("/double-late")
            _ = await road.server.mark("evil sent")
            let next = await road.send(road.request(.post, "/plain", content: .whole(Array("a=b".utf8))))
            #expect(next.text == "hello")
            #expect(next.connection == "2")
            #expect(await road.server.requests.map(\.method) == ["GET", "POST"])
        }
    }

    @Test func `such as its good-bye is noticed before something is sent`() async throws {
        try await Road.open { road in
            _ = await road.get("/close-after")
            _ = await road.server.event { $0.event == "closed" }
            let next = await road.send(road.request(.post, "/plain", content: .whole(Array("a=b".utf8))))
            #expect(next.failure == nil)
            #expect(next.connection == "2")
        }
    }
}
