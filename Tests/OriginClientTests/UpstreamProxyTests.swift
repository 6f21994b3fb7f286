import Core
import Testing

@testable import OriginClient

@Suite struct `A vendor behind an upstream proxy` {
    @Test func `is reached through it, and the proxy sees none of the fields`() async throws {
        try await Road.open { road in
            let proxy = try await OriginServer(script: "proxy", "")
            let request = road.request(fields: [("Authorization", "Bearer secret")]) {
                $0.dial.upstreamProxy = "http://\(proxy.address)"
            }
            for _ in 0..<2 { #expect(await road.send(request).text == "hello") }
            let head = try #require(await proxy.requests.first?.head)
            #expect(head.hasPrefix("CONNECT \(road.server.address) HTTP/1.1\r\n"))
            #expect(!head.contains("secret"))
            #expect(await proxy.requests.count == 1)
            #expect(await road.server.requests.first?.head?.contains("Bearer secret") == true)
        }
    }

    @Test func `gives its own heads only`() async throws {
        try await Road.open { road in
            let proxy = try await OriginServer(script: "proxy", "")
            let outcome = await road.get("/plain") { $0.dial.upstreamProxy = "http://\(proxy.address)" }
            #expect(outcome.field("x-proxy") == nil)
            #expect(outcome.interims.isEmpty)
        }
    }

    @Test func `must have a name with allowed addresses all the same`() async throws {
        try await Road.open("localhost") { road in
            let proxy = try await OriginServer(script: "proxy", "")
            for target in [road.server.address, "localhost:\(road.server.port)"] {
                let outcome = await road.get("/plain") {
                    $0.dial.upstreamProxy = "http://\(proxy.address)"
                    $0.dial.connectTo = target
                    $0.dial.allowAddresses = []
                }
                #expect(outcome.failure?.cause == .addressRefused)
                #expect(outcome.failure?.sent == false)
            }
            #expect(await proxy.requests.isEmpty)
        }
    }

    @Test func `is unreachable when the proxy refuses`() async throws {
        try await Road.open { road in
            let proxy = try await OriginServer(script: "proxy", "refuse")
            let outcome = await road.get("/plain") { $0.dial.upstreamProxy = "http://\(proxy.address)" }
            #expect(outcome.failure?.cause == .unreachable)
            #expect(outcome.failure?.sent == false)
            #expect(outcome.head == nil)
        }
    }

    @Test func `is not sent the same request twice either`() async throws {
        try await Road.open { road in
            let proxy = try await OriginServer(script: "proxy", "")
            let throughProxy: (inout OriginRequest) -> Void = { $0.dial.upstreamProxy = "http://\(proxy.address)" }
            #expect(await road.get("/warm-close", change: throughProxy).text == "hello")
            let outcome = await road.send(road.request(.post, "/warm-close", change: throughProxy))
            #expect(outcome.failure?.sent == true)
            #expect(await road.server.requests.count == 2)
        }
    }
}
