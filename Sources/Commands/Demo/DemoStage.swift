internal import Core
internal import Foundation
internal import Logging
internal import Loopback
internal import Settings

/// What the demo plays on: a sandbox vendor and a sidecar, both on loopback, and the real credential that nobody may see.
struct DemoStage: Sendable {
    let vendor: SandboxVendor
    let assembly: Assembly
    let client: AdminClient
    let configPath: String
    let folder: String
    /// Made up for this demo; the vendor takes no other.
    let credential: String

    static func set(in folder: String) async throws -> DemoStage {
        let credential = "sk_test_" + String(bytes: Random.letters(24))
        let vendor = try await SandboxVendor.start(
            hosts: ["api.stripe.com"],
            credentials: ["api.stripe.com": ExpectedCredential("Bearer \(credential)", field: "authorization")])
        let paths = try write(vendor, credential, folder)
        let settings = try Startup.settings(paths.config)
        let assembly = try Startup.assemble(settings, Logs.start(.error))
        try await Startup.reporting { try await assembly.start() }
        let token = try Startup.token(settings.stateDir)
        let address = AdminAddress(host: "127.0.0.1", port: assembly.adminPort, token: token)
        return DemoStage(
            vendor: vendor, assembly: assembly, client: AdminClient(address), configPath: paths.config, folder: folder,
            credential: credential)
    }

    private static func write(
        _ vendor: SandboxVendor, _ credential: String, _ folder: String
    ) throws -> (config: String, key: String) {
        let key = folder + "/stripe.key"
        try save(credential, key)
        try save(vendor.certificatePEM, folder + "/sandbox-ca.pem")
        let config = folder + "/proxy.conf"
        try save(configuration(vendor, folder, try FreePort.find(), try FreePort.find()), config)
        return (config, key)
    }

    private static func save(_ text: String, _ path: String) throws {
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw Quit("\(path): can't be written", .cantCreate) }
    }

    private static func configuration(_ vendor: SandboxVendor, _ folder: String, _ proxy: Int, _ admin: Int) -> String {
        """
        # The demo's configuration: Stripe's name, served by a sandbox on loopback.
        listen: { proxy: "127.0.0.1:\(proxy)", admin: "127.0.0.1:\(admin)" }
        state_dir: \(folder)/state
        vendors:
          stripe:
            credential: { file: \(folder)/stripe.key }
            connect_to: 127.0.0.1:\(vendor.port)
            ca_file: \(folder)/sandbox-ca.pem
            allow_addresses: ["127.0.0.1:\(vendor.port)"]
        policies:
          - name: agents
            runs: "*"
            vendor: stripe
            allowed_endpoints: [payment_intents.create, payment_intents.retrieve, "GET /_test/*"]
            daily_usd_cap: 50
            expires_in: 5m

        """
    }

    func strike() async {
        await assembly.stop(drain: .seconds(1))
        await vendor.stop()
    }
}
