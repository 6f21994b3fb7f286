import Core
import Foundation
import Loopback
import Testing

@testable import Listener

@Suite struct `An answer on its way back` {
    @Test(arguments: ["/_test/bytes/100000", "/_test/chunked/100000", "/_test/unknown/100000"])
    func `comes whole in every framing`(_ target: String) async throws {
        try await Stand.with { stand in
            let content = try await stand.ask("GET", target).content
            #expect(content.count == 100_000)
            #expect(content.indices.allSatisfy { content[$0] == UInt8($0 % 251) })
        }
    }

    @Test func `has its trailers, but none that frame`() async throws {
        try await Stand.with { stand in
            let answer = try await stand.ask("GET", "/_test/trailers")
            #expect(answer.trailers == Fields([("X-Checksum", "abc"), ("X-Other", "def")]))
        }
    }

    @Test func `to HEAD has a length and no content, and the connection goes on`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            for _ in 0..<2 {
                try await wire.send("HEAD /_test/bytes/5 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
                #expect(try await wire.answer(to: "HEAD").field("content-length") == "5")
            }
            #expect(wire.heard.isEmpty)
        }
    }

    @Test(arguments: [204, 304]) func `of status 204 or 304 has no content`(_ status: Int) async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            for _ in 0..<2 {
                try await wire.send("GET /_test/\(status) HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
                let answer = try await wire.answer()
                #expect(answer.status == status && !answer.fields.contains("transfer-encoding"))
            }
        }
    }

    @Test func `is preceded by its interim answers`() async throws {
        try await Stand.with { stand in
            let answer = try await stand.ask("GET", "/_test/interim?n=2")
            #expect(answer.interim == [103, 103] && answer.status == 200)
        }
    }

    @Test func `that redirects is returned, not followed`() async throws {
        try await Stand.with { stand in
            let answer = try await stand.ask("GET", "/_test/redirect?to=https://evil.example/")
            #expect(answer.status == 302 && answer.field("location") == "https://evil.example/")
            #expect(stand.vendor.requests.count == 1)
        }
    }

    @Test func `comes event by event when it is a stream`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            let start = ContinuousClock.now
            try await wire.send("GET /_test/sse?events=3&every_ms=400 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            _ = try await wire.until("id: 1\n")
            #expect(ContinuousClock.now - start < .milliseconds(900), "the first event does not wait for the third")
            _ = try await wire.until("id: 3\n")
            _ = try await wire.until("0\r\n\r\n")
        }
    }

    @Test func `waits when the client does not read`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            // The handshake is over before the client goes deaf.
            try await wire.send("GET /v1/balance HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            _ = try await wire.answer(to: "GET")
            try await wire.pause(true)
            try await wire.send("GET /_test/bytes/200000000 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            let before = Self.memory()
            try await stand.eventually("the vendor was asked") { stand.vendor.requests.count == 2 }
            try await Task.sleep(for: .seconds(2))
            #expect(Self.memory() - before < 64 << 20)
            await wire.close()
        }
    }

    /// Resident bytes of this process.
    private static func memory() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }

    @Test(arguments: [
        "/_test/cut?after=10", "/_test/cut?after=10&how=notify", "/_test/cut?after=10&how=rst",
        "/_test/cut-chunked?after=10",
        "/_test/cut-chunked?after=10&how=notify",
    ]) func `that breaks off does so visibly`(_ target: String) async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send("GET \(target) HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            do {
                let answer = try await wire.answer()
                #expect(answer.status == 502, "not begun, so it may be refused")
            } catch WireError.closed {
                try await wire.closed()
            }
        }
    }

    @Test func `that breaks off is no whole one in HTTP/1.0 either`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.connect()
            try await wire.send(
                "GET /stripe/_test/cut-chunked?after=10 HTTP/1.0\r\nHost: 127.0.0.1:\(stand.port)\r\n"
                    + "Authorization: Bearer \(stand.free)\r\n\r\n")
            try await wire.closed()
            #expect(wire.wasReset)
        }
    }

    @Test func `that breaks off has no close_notify in HTTP/1.0, which would be its end`() async throws {
        try await Stand.with { stand in
            for _ in 0..<10 {
                let wire = try await stand.tunnel()
                try await wire.send("GET /_test/cut-chunked?after=10 HTTP/1.0\r\nHost: api.stripe.com\r\n\r\n")
                try await wire.closed()
                #expect(wire.wasReset)
            }
        }
    }

    @Test(arguments: [
        "gzip", "101", "garbage", "twice", "two-lengths", "length-and-chunked", "bad-length", "folded", "control-field",
        "no-status", "http2", "head-bomb?kib=200",
    ]) func `that breaks the protocol is not passed on`(_ behaviour: String) async throws {
        try await Stand.with { stand in
            let answer = try await stand.ask("GET", "/_test/\(behaviour)")
            if behaviour == "twice" {
                #expect(answer.text == "ok\n")
            } else {
                #expect(answer.status == 502 && answer.code == "origin_protocol_error", "\(answer.text)")
            }
        }
    }

    @Test func `never holds the credential, in no form and across chunks`() async throws {
        try await Stand.with { stand in
            let secret = Stand.secrets["stripe"] ?? ""
            let forms = "form=raw,base64,base64url,percent,json"
            for query in ["\(forms)", "\(forms)&chunk=1", "\(forms)&chunk=7&trailer=1", "reason=1"] {
                let answer = try await stand.ask("GET", "/_test/leak?\(query)")
                let all =
                    answer.text + answer.reason + "\(answer.fields)" + "\(answer.trailers)" + Self.text(answer.fields)
                    + Self.text(answer.trailers)
                #expect(!all.contains(secret) && !all.contains(String(secret.dropFirst(3))), "\(query)")
                #expect(!all.contains(Data(secret.utf8).base64EncodedString().prefix(24)), "\(query)")
                #expect(all.contains("****"), "the vendor did leak something")
            }
        }
    }

    private static func text(_ fields: Fields) -> String {
        (0..<fields.count).map { String(decoding: fields.value($0), as: UTF8.self) }.joined(separator: "\n")
    }
}

@Suite struct `A client that hangs up` {
    @Test func `ends the vendor's transfer too`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel()
            try await wire.send("GET /_test/sse-forever HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            _ = try await wire.until("id: 1\n")
            await wire.close()
            try await stand.eventually("nothing is in flight") { stand.sidecar.inFlight.count == 0 }
            await stand.vendor.wait { $0.open == 0 }
        }
    }

    @Test func `leaves a priced request to its end, which settles it`() async throws {
        try await Stand.with { stand in
            stand.vendor.divert { _ in Diversion("/_test/slow-head?ms=700", acts: true) }
            let wire = try await stand.tunnel("billing-7")
            try await wire.send(Payment.request(500))
            try await stand.eventually("the vendor was asked") { stand.vendor.accepted.count == 1 }
            await wire.close()
            try await stand.eventually("it is settled") { stand.spent.spent == Money(micros: 5_000_000) }
            #expect(stand.spent.inDoubt == .zero)
        }
    }
}

/// A payment on Stripe.
enum Payment {
    static func content(_ cents: Int) -> String { "amount=\(cents)&currency=usd" }

    static func request(_ cents: Int, host: String = "api.stripe.com") -> String {
        let content = content(cents)
        return
            "POST /v1/payment_intents HTTP/1.1\r\nHost: \(host)\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: \(content.utf8.count)\r\n\r\n\(content)"
    }
}

@Suite struct `Money through the whole path` {
    @Test func `is spent once, and the room is told`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel("billing-7")
            for left in ["60.00", "20.00"] {
                try await wire.send(Payment.request(4000))
                let answer = try await wire.answer()
                #expect(answer.status == 200 && answer.field("cofferdam-remaining-usd") == left)
            }
            try await wire.send(Payment.request(2001))
            let refused = try await wire.answer()
            #expect(refused.status == 402 && refused.code == "cap_exhausted", "this vendor's cap_status")
            try await wire.send(Payment.request(2000))
            #expect(try await wire.answer().status == 200)
            #expect(stand.spent.spent == Money(micros: 100_000_000) && stand.vendor.accepted.count == 3)
        }
    }

    @Test func `never passes a cap, however many ask at once`() async throws {
        try await Stand.with { stand in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        let wire = try await stand.tunnel("billing-7")
                        try await wire.send(Payment.request(500))
                        let status = try await wire.answer().status
                        await wire.close()
                        return status
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 20, 402: 40])
            #expect(stand.vendor.accepted.count == 20)
        }
    }

    @Test func `is not sent twice when a warm connection dies`() async throws {
        try await Stand.with { stand in
            let wire = try await stand.tunnel("billing-7")
            try await wire.send("GET /_test/close-after-request/1 HTTP/1.1\r\nHost: api.stripe.com\r\n\r\n")
            #expect(try await wire.answer().status == 200)
            try await wire.send(Payment.request(500))
            let answer = try await wire.answer()
            #expect(answer.status == 502)
            #expect(stand.vendor.requests.count { $0.method == "POST" } == 1)
            #expect(stand.spent.inDoubt == Money(micros: 5_000_000))
        }
    }
}
