import Authority
import Core
import Foundation
import Loopback
import Testing

@testable import Listener

@Suite struct `A CONNECT` {
    @Test func `without a credential is 407, and may be tried again on the same connection`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.connect()
            try await wire.send("CONNECT api.stripe.com:443 HTTP/1.1\r\nHost: api.stripe.com:443\r\n\r\n")
            let refused = try await wire.answer()
            #expect(refused.status == 407 && refused.field("proxy-authenticate") == "Basic realm=\"cofferdam\"")
            try await wire.send(
                "CONNECT api.stripe.com:443 HTTP/1.1\r\nHost: api.stripe.com:443\r\n\(stand.credential())\r\n")
            #expect(try await wire.answer(to: "CONNECT").status == 200)
            try await wire.startTLS("api.stripe.com", trusting: stand.authority.certificatePEM)
            try await wire.send("GET /_test/bytes/5 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            #expect(try await wire.answer().content.count == 5)
        }
    }

    @Test(arguments: [
        ("evil.com:443", 403, "host_not_allowed"), ("169.254.169.254:80", 403, "host_not_allowed"),
        ("api.stripe.com:80", 403, "host_not_allowed"), ("127.0.0.1:4701", 403, "host_not_allowed"),
        ("[::1]:443", 403, "host_not_allowed"), ("api.stripe.com.:443", 400, "malformed_request"),
        ("api.stripe.com", 400, "malformed_request"), ("api.stripe.com:0443", 400, "malformed_request"),
        ("user@api.stripe.com:443", 400, "malformed_request"), ("/", 400, "malformed_request"),
    ]) func `to anywhere else is refused in its status and reason phrase`(
        _ target: String, _ status: Int, _ code: String
    )
        async throws
    {
        try await Stand.with { stand in
            let wire = try await stand.connect()
            try await wire.send("CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\(stand.credential())\r\n")
            let answer = try await wire.answer()
            #expect(answer.status == status && answer.code == code)
            #expect(answer.reason.contains(status == 403 ? "add it to egress.tunnel" : "can't be accepted"))
            try await wire.closed()
            #expect(stand.vendor.counts.connections == 0)
        }
    }

    @Test func `to the sidecar itself is the gateway`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.connect()
            let own = "127.0.0.1:\(stand.port)"
            try await wire.send("CONNECT \(own) HTTP/1.1\r\nHost: \(own)\r\n\(stand.credential())\r\n")
            #expect(try await wire.answer(to: "CONNECT").status == 200)
            try await wire.send(
                "GET /stripe/_test/bytes/5 HTTP/1.1\r\nHost: \(own)\r\nAuthorization: Bearer \(stand.free)\r\n\r\n")
            #expect(try await wire.answer().content.count == 5)
        }
    }

    @Test func `with bytes behind it hands them to the TLS inside, and plaintext is no request`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.connect()
            try await wire.send(
                "CONNECT api.stripe.com:443 HTTP/1.1\r\nHost: api.stripe.com\r\n\(stand.credential())\r\n"
                    + "GET /v1/x HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            #expect(try await wire.answer(to: "CONNECT").status == 200)
            let rest = try await wire.closed()
            #expect(!String(decoding: rest, as: UTF8.self).contains("HTTP/1.1"))
            #expect(stand.vendor.counts.connections == 0)
        }
    }

    @Test func `inside a tunnel is refused`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send(
                "CONNECT localhost:\(stand.vendor.port) HTTP/1.1\r\nHost: x\r\n\(stand.credential())\r\n")
            #expect(try await wire.answer().code == "method_not_allowed")
        }
    }
}

@Suite struct `A blind tunnel` {
    private func open(_ stand: Stand, _ host: String = "localhost", early: String = "") async throws -> Wire {
        let wire = try await stand.connect()
        let target = "\(host):\(stand.vendor.port)"
        try await wire.send("CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\(stand.credential())\r\n\(early)")
        return wire
    }

    @Test func `to a listed host passes bytes that we can't read`() async throws {
        try await Stand.with { stand in
            let wire = try await open(stand)
            #expect(try await wire.answer(to: "CONNECT").status == 200)
            try await wire.startTLS("localhost", trusting: stand.vendor.certificatePEM)
            try await wire.send("GET /_test/bytes/300000 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(try await wire.answer().content.count == 300_000)
            #expect(stand.vendor.requests.first?.value("authorization") == nil)
        }
    }

    @Test func `to an address that is not excepted is refused`() async throws {
        try await Stand.with { stand in
            let answer = try await open(stand, "127.0.0.2").answer()
            #expect(answer.status == 502 && answer.code == "origin_address_refused")
            #expect(stand.vendor.counts.connections == 0)
        }
    }

    @Test func `is cut when its run is revoked`() async throws {
        try await Stand.with { stand in
            let wire = try await open(stand)
            #expect(try await wire.answer(to: "CONNECT").status == 200)
            try await wire.startTLS("localhost", trusting: stand.vendor.certificatePEM)
            try await wire.send("GET /_test/sse-forever HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await wire.until("id: 2")
            let start = ContinuousClock.now
            _ = try await stand.sidecar.vault.revoke(runID: "free-1")
            try await wire.closed()
            #expect(ContinuousClock.now - start < .seconds(1))
            let again = try await open(stand).answer()
            #expect(again.status == 403 && again.code == "run_revoked")
        }
    }

    @Test func `has its bytes on record`() async throws {
        try await Stand.with { stand in
            let wire = try await open(stand)
            #expect(try await wire.answer(to: "CONNECT").status == 200)
            await wire.close()
            try await stand.eventually("the tunnel's end is recorded") {
                let records = try? await stand.sidecar.audit.records(AuditFilter(), after: nil, newest: true, limit: 10)
                return records?.contains { $0.decision.method == "CONNECT" && $0.outcome != nil } == true
            }
        }
    }
}

@Suite struct `A run inside an open tunnel` {
    @Test func `is refused from the next request on when it is revoked`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            let request = "GET /_test/bytes/5 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n"
            try await wire.send(request)
            #expect(try await wire.answer().status == 200)
            _ = try await stand.sidecar.vault.revoke(runID: "free-1")
            try await wire.send(request)
            let answer = try await wire.answer()
            #expect(answer.status == 403 && answer.code == "run_revoked")
            #expect(stand.vendor.requests.count == 1)
        }
    }

    @Test func `has its stream cut within a second`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send("GET /_test/sse-forever HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            _ = try await wire.until("id: 2")
            let start = ContinuousClock.now
            _ = try await stand.sidecar.vault.revoke(runID: "free-1")
            let rest = String(decoding: try await wire.closed(), as: UTF8.self)
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(!rest.hasSuffix("0\r\n\r\n"), "a cut must not look like an end")
        }
    }

    @Test func `is cut although its client reads nothing`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            // The handshake is over before the client goes deaf.
            try await wire.send("GET /v1/balance HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            _ = try await wire.answer(to: "GET")
            try await wire.pause(true)
            try await wire.send("GET /_test/bytes/200000000 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            try await stand.eventually("the vendor was asked") { stand.vendor.requests.count == 2 }
            _ = try await stand.sidecar.vault.revoke(runID: "free-1")
            try await stand.eventually("nothing is in flight") { stand.sidecar.inFlight.count == 0 }
            await wire.close()
        }
    }

    @Test func `may not name another host`() async throws {
        try await Stand.with { stand in
            for host in ["api.twilio.com", "evil.com", "api.stripe.com:8443"] {
                let wire = try await stand.tunnel()
                try await wire.send("GET /v1/x HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                let answer = try await wire.answer()
                #expect(answer.status == 421 && answer.code == "authority_mismatch")
            }
            #expect(stand.vendor.requests.isEmpty)
        }
    }
}
