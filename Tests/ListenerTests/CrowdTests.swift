import Core
import Foundation
import Loopback
import Testing

@testable import Listener

@Suite struct `A listener with more connections than it may have` {
    private var few: Limits {
        var limits = Limits()
        limits.connections = 8
        return limits
    }

    @Test(arguments: ["", "GET / HT"]) func `lets the idlest go, and serves who comes with a request`(_ head: String)
        async throws
    {
        try await Stand.with(few) { stand in
            var idle: [Wire] = []
            for _ in 0..<40 {
                idle.append(try await stand.connect())
                if !head.isEmpty { try? await idle.last?.send(head) }
            }
            for number in 1...5 {
                let wire = try await stand.tunnel()
                try await wire.send("GET /_test/bytes/\(number) HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
                #expect(try await wire.answer().content.count == number)
            }
            for wire in idle { await wire.close() }
        }
    }

    @Test func `tells the next one to come again when all are busy`() async throws {
        try await Stand.with(few) { stand in
            var busy: [Wire] = []
            for _ in 0..<20 {
                let wire = try await stand.connect()
                try? await wire.send(stand.gateway("GET", "/stripe/_test/sse-forever"))
                if (try? await wire.head())?.status == 200 { busy.append(wire) }
            }
            let late = try await stand.connect()
            let answer = try await late.answer()
            #expect(answer.status == 503 && answer.code == "overloaded" && answer.field("retry-after") == "1")
            for wire in busy { await wire.close() }
            try await stand.eventually("there is room again") {
                guard let wire = try? await stand.connect() else { return false }
                try? await wire.send(stand.gateway("GET", "/stripe/_test/bytes/3"))
                return (try? await wire.answer())?.status == 200
            }
        }
    }

    @Test func `gives one run three of four tunnels at most`() async throws {
        var limits = Limits()
        limits.connections = 100
        try await Stand.with(limits, serving: { $0.connections = 4 }) { stand in
            var own: [Wire] = []
            for _ in 0..<3 { own.append(try await stand.tunnel("billing-7")) }
            let refused = try await stand.refusedTunnel("billing-7")
            #expect(refused.status == 503 && refused.field("retry-after") == "1")
            let blind = try await stand.connect()
            let host = "localhost:\(stand.vendor.port)"
            try await blind.send(
                "CONNECT \(host) HTTP/1.1\r\nHost: \(host)\r\n\(stand.credential("billing-7"))\r\n")
            #expect(try await blind.answer(to: "CONNECT").status == 503)
            #expect(stand.sidecar.inFlight.count == 0)
            let other = try await stand.tunnel("free-1")
            try await other.send("GET /_test/bytes/3 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            #expect(try await other.answer().status == 200)
            for wire in own { await wire.close() }
        }
    }
}

@Suite struct `A client that is too slow` {
    @Test func `to take its answer is given up, and what it held is free`() async throws {
        var limits = Limits()
        limits.contentSeconds = 1
        try await Stand.with(limits) { stand in
            let wire = try await stand.connect()
            try await wire.pause(true)
            try await wire.send(stand.gateway("GET", "/stripe/_test/bytes/60000000"))
            try await stand.eventually("it is being served") { stand.sidecar.inFlight.count == 1 }
            try await stand.eventually("it is given up") { stand.sidecar.inFlight.count == 0 }
            await wire.close()
        }
    }

    @Test func `to send its content is told so`() async throws {
        var limits = Limits()
        (limits.contentSeconds, limits.contentRate) = (1, 1000)
        try await Stand.with(limits) { stand in
            let wire = try await stand.tunnel("billing-7")
            let head = Payment.request(500).components(separatedBy: "\r\n\r\n")[0]
            try await wire.send(head + "\r\n\r\n")
            let drip = Task {
                for byte in Payment.content(500) {
                    try? await wire.send(String(byte))
                    try? await Task.sleep(for: .milliseconds(400))
                }
            }
            #expect(try await wire.answer().status == 408)
            drip.cancel()
            #expect(stand.vendor.accepted.isEmpty)
        }
    }

    @Test func `to say anything in a blind tunnel loses it`() async throws {
        var limits = Limits()
        limits.idleSeconds = 1
        try await Stand.with(limits) { stand in
            let wire = try await stand.connect()
            let host = "localhost:\(stand.vendor.port)"
            try await wire.send("CONNECT \(host) HTTP/1.1\r\nHost: \(host)\r\n\(stand.credential())\r\n")
            #expect(try await wire.answer(to: "CONNECT").status == 200)
            try await wire.closed()
            try await stand.eventually("its end is known") { stand.sidecar.inFlight.count == 0 }
        }
    }
}
