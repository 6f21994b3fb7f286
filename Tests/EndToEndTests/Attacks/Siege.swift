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
    /// The other run, and one that has a listener of its own.
    let otherRun: String
    let ownRun: String
    let ownPort: Int
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
          - { name: any-stripe, runs: "any-*", vendor: stripe, allowed_endpoints: ["/*"] }
          - { name: any-twilio, runs: "any-*", vendor: twilio, allowed_endpoints: ["/*"] }
          - { name: any-openai, runs: "any-*", vendor: openai, allowed_endpoints: ["/*"] }
          - { name: any-anthropic, runs: "any-*", vendor: anthropic, allowed_endpoints: ["/*"] }
          - { name: any-maps, runs: "any-*", vendor: maps, allowed_endpoints: ["/*"] }
        virtual_hosts: { proxy: proxy.keybrake.com }

        """

    static func lay(as run: String = "attack-1", _ body: (Siege) async throws -> Void) async throws {
        let (other, own, port) = (run.dropLast() + "2", run.dropLast() + "3", try Port.free())
        let listener = "  runs: [{ address: \"127.0.0.1:\(port)\", run: \(own) }]\n"
        try await Stage.play(policies: policies, listen: listener) { stage in
            let secrets = (try await stage.sidecar.register(run), try await stage.sidecar.register(String(other)))
            try await body(try Siege(stage, (run, String(other), String(own)), secrets, port))
        }
    }

    private init(_ stage: Stage, _ runs: (String, String, String), _ secrets: (String, String), _ port: Int) throws {
        self.stage = stage
        (run, otherRun, ownRun) = runs
        (secret, otherSecret) = secrets
        ownPort = port
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(stage.sidecar.state + "/ca.pem")
        configuration.certificateVerification = .noHostnameVerification
        tls = try NIOSSLContext(configuration: configuration)
    }

    // MARK: Ways in

    /// A connection on which a request may come.
    func wire(_ way: Way, to host: String = "api.stripe.com") async throws -> RawWire {
        let wire = try await RawWire.connect(way.isOwn ? ownPort : stage.sidecar.proxyPort)
        switch way {
        case .intercept: try await tunnel(wire, to: host, name: host)
        case .ownTunnel: try await tunnel(wire, to: host, name: host, credential: "")
        case .virtual: try await tunnel(wire, to: Self.virtualHost, name: Self.virtualHost)
        case .absolute, .gateway, .bare, .virtualAbsolute, .ownAbsolute, .ownGateway: break
        }
        return wire
    }

    private static let virtualHost = "proxy.keybrake.com"

    /// A tunnel to `host` inside a connection, and TLS with this server name inside.
    func tunnel(_ wire: RawWire, to host: String, name: String?, credential: String = "{own}") async throws {
        let head = "CONNECT \(host):443 HTTP/1.1\r\nHost: \(host):443\r\n\(credential)\r\n"
        await wire.send(bytes(head, .bare, mark: ""))
        let heard = await wire.hear { $0.text.contains("\r\n\r\n") }
        guard heard.text.hasPrefix("HTTP/1.1 200 ") else { throw Machine.Missing(description: heard.text) }
        wire.forget()
        try await wire.startTLS(tls, name: name)
    }

    /// A template's bytes in a way in; `mark` is how the vendor's records name it.
    func bytes(
        _ template: String, _ way: Way, mark: String,
        to vendor: (name: String, host: String) = ("stripe", "api.stripe.com")
    ) -> [UInt8] {
        let words = words(way, mark, vendor)
        var bytes = template.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        for (name, text) in words { bytes = bytes.replacing(Array("{\(name)}".utf8), with: Array(text.utf8)) }
        return bytes
    }

    private func words(_ way: Way, _ mark: String, _ vendor: (name: String, host: String)) -> [(String, String)] {
        let (proxy, admin) = ("127.0.0.1:\(stage.sidecar.proxyPort)", "127.0.0.1:\(stage.sidecar.adminPort)")
        let (own, key) = ("Proxy-Authorization: Basic \(basic(run, secret))\r\n", "Authorization: Bearer \(secret)\r\n")
        let marked = "X-Mark: \(mark)\r\n"
        let (path, host, who) =
            switch way {
            case .intercept, .ownTunnel: ("", vendor.host, marked)
            case .absolute: ("http://\(vendor.host)", vendor.host, own + marked)
            case .ownAbsolute: ("http://\(vendor.host)", vendor.host, marked)
            case .gateway: ("/\(vendor.name)", proxy, key + marked)
            case .ownGateway: ("/\(vendor.name)", "127.0.0.1:\(ownPort)", marked)
            case .virtual: ("/\(vendor.name)", Self.virtualHost, key + marked)
            case .virtualAbsolute:
                ("http://\(Self.virtualHost)/\(vendor.name)", Self.virtualHost, own + key + marked)
            case .bare: ("", proxy, marked)
            }
        return [
            ("path", path), ("host", host), ("who", who), ("own", own), ("ownKey", secret),
            ("run", way.isOwn ? ownRun : run),
            ("otherTail", String(otherSecret.dropFirst())),
            ("otherKey", otherSecret),
            ("other", "Proxy-Authorization: Basic \(basic(otherRun, otherSecret))\r\n"), ("proxy", proxy),
            ("ownBasic", basic("x", secret)), ("otherBasic", basic("x", otherSecret)),
            ("otherUser", basic(otherSecret, "")),
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
