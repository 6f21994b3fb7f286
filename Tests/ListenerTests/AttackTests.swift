import Core
import Foundation
import Loopback
import Testing

@testable import Listener

/// A hostile request: `{path}` is the path's prefix in the way in, `{host}` its Host, `{who}` its credential line.
struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String

    init(_ name: String, _ text: String) { (self.name, self.text) = (name, text) }

    /// A GET of this path.
    init(path: String) { self.init("path \(path)", "GET {path}\(path) HTTP/1.1\r\nHost: {host}\r\n{who}\r\n") }

    /// A POST with these lines and content.
    init(_ name: String, lines: String, content: String = "") {
        self.init(name, "POST {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\(lines)\r\n\(content)")
    }

    var testDescription: String { name }
}

@Suite struct `The same hostile request, three ways` {
    static let attacks: [Attack] =
        [
            "/v1/../v1/ephemeral_keys", "/v1/%2e%2e/x", "/v1/./customers", "//v1/customers", "/v1//customers",
            "/v1/customers%2Fx",
            "/v1/customers%5cx", "/v1\\customers", "/v1/customers;x=1", "/v1/%63ustomers", "/v1/customers%00",
            "/v1/customers%0d%0aX:1",
            "/v1/customers%252e", "/v1/customers#x", "/v1/cust\u{E9}", "/v1/customers?_method=DELETE", "/v1/customers/",
            "/v1/customers?x=%zz", "/v1/customers?a=b",
        ].map { Attack(path: $0) } + framing

    static let framing: [Attack] = [
        Attack("sensitive in another case", "POST {path}/V1/Ephemeral_Keys HTTP/1.1\r\nHost: {host}\r\n{who}\r\n"),
        Attack("sensitive with a slash", "POST {path}/v1/ephemeral_keys/ HTTP/1.1\r\nHost: {host}\r\n{who}\r\n"),
        Attack("CL.TE", lines: "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", content: "0\r\n\r\nX"),
        Attack("TE.CL", lines: "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", content: "1\r\nX\r\n0\r\n\r\n"),
        Attack("TE.TE", lines: "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", content: "0\r\n\r\n"),
        Attack("TE tab", lines: "Transfer-Encoding:\tchunked\r\n", content: "0\r\n\r\n"),
        Attack("TE with a space before the colon", lines: "Transfer-Encoding : chunked\r\n", content: "0\r\n\r\n"),
        Attack("folded TE", lines: "Transfer-Encoding:\r\n chunked\r\n", content: "0\r\n\r\n"),
        Attack(
            "two CLs", lines: "Content-Length: 0\r\nContent-Length: 44\r\n",
            content: "GET /v1/secret HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Attack("CL +0", lines: "Content-Length: +0\r\n"),
        Attack("CL list", lines: "Content-Length: 0, 0\r\n"),
        Attack("bare LF", "POST {path}/v1/customers HTTP/1.1\nHost: {host}\n{who}\n"),
        Attack("CR in a value", lines: "X: a\rY: b\r\n"),
        Attack("NUL in a value", lines: "X: a\0b\r\n"),
        Attack("chunk extension", lines: "Transfer-Encoding: chunked\r\n", content: "1;a=b\r\nX\r\n0\r\n\r\n"),
        Attack("chunk with bare LF", lines: "Transfer-Encoding: chunked\r\n", content: "1\nX\n0\n\n"),
        Attack("chunk that is longer", lines: "Transfer-Encoding: chunked\r\n", content: "1\r\nXY\r\n0\r\n\r\n"),
        Attack(
            "hidden second request", lines: "Content-Length: 0\r\n",
            content: "GET {path}/v1/ephemeral_keys/../x HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        Attack("two Hosts", lines: "Host: evil.com\r\nContent-Length: 0\r\n"),
        Attack("another Host", "GET {path}/v1/customers HTTP/1.1\r\nHost: evil.com\r\n{who}\r\n"),
        Attack("a Host with a path", "GET {path}/v1/customers HTTP/1.1\r\nHost: {host}/x\r\n{who}\r\n"),
        Attack("method override", lines: "X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\n"),
        Attack("rewritten URL", lines: "X-Original-URL: /v1/ephemeral_keys\r\nContent-Length: 0\r\n"),
        Attack("another account", lines: "Stripe-Account: acct_2\r\nContent-Length: 0\r\n"),
        Attack("another account by underscore", lines: "Stripe_Account: acct_2\r\nContent-Length: 0\r\n"),
        Attack("lower-case method", "post {path}/v1/customers HTTP/1.1\r\nHost: {host}\r\n{who}\r\n"),
        Attack("HTTP/2.0", "GET {path}/v1/customers HTTP/2.0\r\nHost: {host}\r\n{who}\r\n"),
        Attack("HTTP/0.9", "GET {path}/v1/customers\r\n\r\n"),
    ]

    /// What came of an attack: the status of each answer, and what the vendor saw.
    private struct Outcome: Equatable {
        var statuses: [Int] = []
        var seen: [String] = []
    }

    private func play(_ attack: Attack, _ stand: Stand, _ wire: Wire, path: String, host: String, who: String)
        async throws -> Outcome
    {
        stand.vendor.forgetRequests()
        let text = attack.text.replacing("{path}", with: path).replacing("{host}", with: host).replacing(
            "{who}", with: who)
        try await wire.send(text + "GET \(path)/v1/last HTTP/1.1\r\nHost: \(host)\r\n\(who)Connection: close\r\n\r\n")
        var outcome = Outcome()
        do {
            while outcome.statuses.count < 4 { outcome.statuses.append(try await wire.answer().status) }
        } catch WireError.closed {}
        outcome.seen = stand.vendor.requests.filter(\.isComplete).map { "\($0.method) \($0.target) \($0.text)" }
        await wire.close()
        return outcome
    }

    @Test func `gets one decision, and the vendor sees nothing or canonical requests only`() async throws {
        try await Stand.with { stand in
            for attack in Self.attacks {
                let own = "127.0.0.1:\(stand.port)"
                let tunnel = try await play(attack, stand, stand.tunnel(), path: "", host: "api.stripe.com", who: "")
                let absolute = try await play(
                    attack, stand, stand.connect(), path: "http://api.stripe.com", host: "api.stripe.com",
                    who: stand.credential())
                let gateway = try await play(
                    attack, stand, stand.connect(), path: "/stripe", host: own,
                    who: "Authorization: Bearer \(stand.free)\r\n")
                #expect(tunnel == absolute && tunnel == gateway, "\(attack.name): \(tunnel) \(absolute) \(gateway)")
                #expect(!tunnel.statuses.isEmpty, "\(attack.name) was dropped without an answer")
                for seen in tunnel.seen { #expect(Self.canonical.contains(seen), "\(attack.name): \(seen)") }
            }
        }
    }

    /// Everything that may ever reach the vendor here.
    private static let canonical: Set = [
        "GET /v1/last ", "GET /v1/customers/ ", "GET /v1/customers?a=b ", "POST /v1/customers ",
    ]
}
