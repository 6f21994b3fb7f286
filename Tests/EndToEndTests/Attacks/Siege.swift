import Foundation
import Harness
import Loopback
import NIOConcurrencyHelpers
import NIOSSL
import Testing

/// A sidecar before a recording vendor, and what an attacker has: a run's secret, that of another run, and sockets.
final class Siege: Sendable {
    let stage: Stage
    let run: String
    let secret: String
    let otherSecret: String
    /// A client's TLS that trusts the sidecar's CA, and looks at no names: those are the attacks.
    private let tls: NIOSSLContext
    private let numbers = NIOLockedValueBox(0)

    /// What the attacker may do; `wide` may do all but what is sensitive.
    static let policies = """
        policies:
          - name: attacked
            runs: "attack-*"
            vendor: stripe
            allowed_endpoints:
              - payment_intents.create
              - GET,HEAD /v1/customers
              - GET /v1/customers/*
              - POST /v1/customers/*/funding_instructions
            daily_usd_cap: 100000
          - { name: wide, runs: "wide-*", vendor: stripe, allowed_endpoints: ["/*"], daily_usd_cap: 100000 }

        """

    static func lay(as run: String = "attack-1", _ body: (Siege) async throws -> Void) async throws {
        try await Stage.play(policies: policies) { stage in
            let siege = try Siege(
                stage, run, try await stage.sidecar.register(run), try await stage.sidecar.register("attack-2"))
            try await body(siege)
        }
    }

    private init(_ stage: Stage, _ run: String, _ secret: String, _ otherSecret: String) throws {
        (self.stage, self.run, self.secret, self.otherSecret) = (stage, run, secret, otherSecret)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(stage.sidecar.state + "/ca.pem")
        configuration.certificateVerification = .noHostnameVerification
        tls = try NIOSSLContext(configuration: configuration)
    }

    // MARK: Ways in

    /// A connection on which a request may come.
    func wire(_ way: Way) async throws -> RawWire {
        let wire = try await RawWire.connect(stage.sidecar.proxyPort)
        if way == .intercept { try await tunnel(wire, to: "api.stripe.com", name: "api.stripe.com") }
        return wire
    }

    /// A tunnel to `host` inside a connection, and TLS with this server name inside.
    func tunnel(_ wire: RawWire, to host: String, name: String?) async throws {
        await wire.send(bytes("CONNECT \(host):443 HTTP/1.1\r\nHost: \(host):443\r\n{own}\r\n", .bare, mark: ""))
        let heard = await wire.hear { $0.text.contains("\r\n\r\n") }
        guard heard.text.hasPrefix("HTTP/1.1 200 ") else { throw Machine.Missing(description: heard.text) }
        wire.forget()
        try await wire.startTLS(tls, name: name)
    }

    /// A template's bytes in a way in; `mark` is how the vendor's records name it.
    func bytes(_ template: String, _ way: Way, mark: String) -> [UInt8] {
        let words = words(way, mark)
        var bytes = template.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        for (name, text) in words { bytes = bytes.replacing(Array("{\(name)}".utf8), with: Array(text.utf8)) }
        return bytes
    }

    private func words(_ way: Way, _ mark: String) -> [(String, String)] {
        let (proxy, admin) = ("127.0.0.1:\(stage.sidecar.proxyPort)", "127.0.0.1:\(stage.sidecar.adminPort)")
        let (own, key) = ("Proxy-Authorization: Basic \(basic(run, secret))\r\n", "Authorization: Bearer \(secret)\r\n")
        let marked = "X-Mark: \(mark)\r\n"
        let (path, host, who) =
            switch way {
            case .intercept: ("", "api.stripe.com", marked)
            case .absolute: ("http://api.stripe.com", "api.stripe.com", own + marked)
            case .gateway: ("/stripe", proxy, key + marked)
            case .bare: ("", proxy, marked)
            }
        return [
            ("path", path), ("host", host), ("who", who), ("own", own), ("ownKey", secret), ("run", run),
            ("otherTail", String(otherSecret.dropFirst())),
            ("otherKey", otherSecret),
            ("other", "Proxy-Authorization: Basic \(basic("attack-2", otherSecret))\r\n"), ("proxy", proxy),
            ("admin", admin), ("proxyPort", "\(stage.sidecar.proxyPort)"), ("adminPort", "\(stage.sidecar.adminPort)"),
            ("vendor", "127.0.0.1:\(stage.vendor.port)"),
        ]
    }

    private func basic(_ run: String, _ secret: String) -> String {
        Data("\(run):\(secret)".utf8).base64EncodedString()
    }

    /// A name that nothing else has here.
    func mark() -> String {
        numbers.withLockedValue { number in
            number += 1
            return "m\(number)"
        }
    }
}
