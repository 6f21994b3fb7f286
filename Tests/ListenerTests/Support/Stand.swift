import Authority
import Core
import Foundation
import Listener
import Logging
import Loopback
import NIOCore
import NIOPosix
import NIOSSL
import OriginClient
import SQLiteStore
import Settings

/// A whole data path: the real listener, CA, libcurl and store, with a recording vendor behind them.
final class Stand: Sendable {
    static let secrets = ["stripe": "sk_test_51Hq9realKeyOfTheVendor", "twilio": "0123456789abcdef0123456789abcdef"]

    let vendor: SandboxVendor
    let sidecar: Sidecar
    let authority: LocalAuthority
    let port: Int
    let group: MultiThreadedEventLoopGroup
    /// Secrets of the runs `billing-7` (100 USD) and `free-1` (no cap).
    let billing: String
    let free: String
    private let store: SQLiteStore
    private let origin: CurlOrigin
    private let listener: any Channel
    private let folder: Folder

    /// Runs the body with a stand that is taken down afterwards.
    static func with(
        _ limits: Limits = Limits(), timeouts: String = "", serving: (inout ServingLimits) -> Void = { _ in },
        _ body: (Stand) async throws -> Void
    ) async throws {
        var atOnce = ServingLimits()
        serving(&atOnce)
        let stand = try await Stand(limits, timeouts, atOnce)
        do {
            try await body(stand)
        } catch {
            await stand.stop()
            throw error
        }
        await stand.stop()
    }

    private init(_ limits: Limits, _ timeouts: String, _ serving: ServingLimits) async throws {
        let logger = Logger(label: "stand") { _ in SwiftLogNoOpLogHandler() }
        folder = try Folder()
        vendor = try await SandboxVendor.start(hosts: [
            "api.stripe.com", "api.twilio.com", "api.openai.com", "localhost",
        ])
        let settings = try Self.settings(folder, vendor, timeouts)
        authority = try LocalAuthority.temporary()
        let clock: Clock = { Moment(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
        store = try SQLiteStore.open(path: folder.file("books.sqlite"), clock: clock, log: logger)
        sidecar = Sidecar(
            rules: settings.rules, vaultStore: store, ledger: store, audit: store, clock: clock,
            limits: serving)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        origin = try CurlOrigin(
            lanes: loops.enumerated().map { index, loop in Lane(index: index) { work in loop.execute(work) } },
            logger: logger)
        let server = ProxyServer(
            exchange: Exchange(sidecar: sidecar, origin: origin), authority: authority, group: group, loops: loops,
            limits: limits, logger: logger)
        listener = try await server.start(host: "127.0.0.1", port: 0)
        port = listener.localAddress?.port ?? 0
        var rules = settings.rules
        rules.ownAuthorities = ["127.0.0.1:\(port)", "localhost:\(port)"]
        sidecar.replace(rules)
        billing = try await sidecar.vault.register(runID: "billing-7", lifetime: .seconds(3600), lease: nil).secret
        free = try await sidecar.vault.register(runID: "free-1", lifetime: .seconds(3600), lease: nil).secret
    }

    private static func settings(_ folder: Folder, _ vendor: SandboxVendor, _ timeouts: String) throws -> Settings {
        let ca = folder.file("ca.pem")
        try vendor.certificatePEM.write(toFile: ca, atomically: true, encoding: .utf8)
        let dial = "connect_to: 127.0.0.1:\(vendor.port), allow_addresses: [127.0.0.1], ca_file: \(ca)\(timeouts)"
        let text = """
            state_dir: \(folder.path)
            vendors:
              stripe: { credential: { env: STRIPE }, cap_status: 402, \(dial) }
              twilio: { credential: { env: TWILIO, user: { env: TWILIO_SID } }, \(dial) }
              openai: { credential: { env: OPENAI }, \(dial) }
            policies:
              - { name: billing, runs: "billing-*", vendor: stripe, allowed_endpoints: ["/*"], total_usd_cap: 100 }
              - { name: phones, runs: "billing-*", vendor: twilio, allowed_endpoints: ["/*"], total_usd_cap: 100 }
              - { name: free, runs: "free-*", vendor: stripe, allowed_endpoints: ["/*"] }
              - { name: models, runs: "free-*", vendor: openai, allowed_endpoints: ["GET /v1/models"] }
            egress: { tunnel: ["localhost:\(vendor.port)", "127.0.0.2:\(vendor.port)"], allow_addresses: [127.0.0.1] }
            """
        try text.write(toFile: folder.file("proxy.conf"), atomically: true, encoding: .utf8)
        return try SettingsLoader.load(
            path: folder.file("proxy.conf"),
            environment: [
                "STRIPE": secrets["stripe"] ?? "", "TWILIO": secrets["twilio"] ?? "",
                "TWILIO_SID": "AC00000000000000000000000000000001",
                "OPENAI": "sk-proj-realKeyOfTheModelVendor",
            ])
    }

    private func stop() async {
        try? await listener.close()
        await vendor.stop()
        await origin.stop()
        await store.close()
        try? await group.shutdownGracefully()
    }

    // MARK: Ways in

    /// A connection to the listener.
    func connect() async throws -> Wire { try await Wire.connect(port, group) }

    func basic(_ run: String, _ secret: String) -> String {
        "Basic " + Data("\(run):\(secret)".utf8).base64EncodedString()
    }

    /// The field lines of a run's proxy credential.
    func credential(_ run: String = "free-1") -> String {
        "Proxy-Authorization: \(basic(run, run == "free-1" ? free : billing))\r\n"
    }

    /// A request of `free-1` at the gateway.
    func gateway(_ method: String, _ target: String) -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nAuthorization: Bearer \(free)\r\n\r\n"
    }

    /// What a CONNECT is answered.
    func refusedTunnel(_ run: String) async throws -> Wire.Answer {
        let wire = try await connect()
        try await wire.send(
            "CONNECT api.stripe.com:443 HTTP/1.1\r\nHost: api.stripe.com:443\r\n\(credential(run))\r\n")
        return try await wire.answer(to: "CONNECT")
    }

    /// A connection inside an intercepted tunnel.
    func tunnel(_ run: String = "free-1", to host: String = "api.stripe.com") async throws -> Wire {
        let wire = try await connect()
        try await wire.send("CONNECT \(host):443 HTTP/1.1\r\nHost: \(host):443\r\n\(credential(run))\r\n")
        let answer = try await wire.answer(to: "CONNECT")
        guard answer.status == 200 else { throw WireError.unexpected(answer.text) }
        try await wire.startTLS(host, trusting: authority.certificatePEM)
        return wire
    }

    /// One request in a new tunnel; the connection is closed afterwards.
    func ask(
        _ method: String = "GET", _ target: String, _ lines: String = "", content: String = "", run: String = "free-1",
        host: String = "api.stripe.com"
    ) async throws -> Wire.Answer {
        let wire = try await tunnel(run, to: host)
        try await wire.send("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\(lines)\r\n\(content)")
        let answer = try await wire.answer(to: method)
        await wire.close()
        return answer
    }

    var spent: Balance.Sums {
        store.balances([Account(kind: .policy, id: "policy:billing:billing-7", title: "")])[0].total
    }

    /// Returns when the condition holds; fails the test when it does not within some seconds.
    func eventually(_ what: String, _ holds: @Sendable () async -> Bool) async throws {
        for _ in 0..<500 {
            if await holds() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw WireError.unexpected("never: \(what)")
    }
}

/// A folder that goes away with the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("listener-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
