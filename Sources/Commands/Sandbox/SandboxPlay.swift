internal import AgentEnvironment
internal import Core
internal import Foundation
internal import Logging
internal import Loopback
internal import Settings

/// A sidecar whose vendors are played on loopback, with its state in a folder of its own.
struct SandboxPlay: Sendable {
    /// Secrets of trusted programs that were in no variable, by the variable.
    let secrets: [String: String]
    private let vendor: SandboxVendor
    private let assembly: Assembly
    let settings: Settings
    private let token: String
    private let folder: String

    /// Starts both; `folder` is ours alone.
    static func begin(_ config: String?, in folder: String) async throws -> SandboxPlay {
        var secrets: [String: String] = [:]
        var settings = try Startup.settings(config)
        for name in settings.trustedVariables where (ProcessEnvironment.current[name] ?? "").isEmpty {
            secrets[name] = String(bytes: Random.letters(32))
        }
        if !secrets.isEmpty { settings = try Startup.settings(config, more: secrets) }
        let vendor = try await SandboxVendor.start(hosts: settings.rules.vendors.values.flatMap(\.hosts))
        let roots = folder + "/vendor-ca.pem"
        try Data(vendor.certificatePEM.utf8).write(to: URL(fileURLWithPath: roots))
        settings.playVendors(port: vendor.port, roots: roots)
        settings.live(in: folder + "/state")
        let assembly = try Startup.assemble(settings, Logs.start(.error))
        try await Startup.reporting { try await assembly.start() }
        return SandboxPlay(
            secrets: secrets, vendor: vendor, assembly: assembly, settings: settings,
            token: try Startup.token(settings.stateDir), folder: folder)
    }

    var headline: [String] {
        let names = settings.rules.vendors.keys.sorted().joined(separator: ", ")
        return [
            "sandbox at 127.0.0.1:\(assembly.proxyPort): \(names) played on loopback; nothing leaves this machine",
            "its operators: export COFFERDAM_ADMIN=127.0.0.1:\(assembly.adminPort) COFFERDAM_TOKEN=\(token)",
        ]
    }

    var proxyPort: Int { assembly.proxyPort }

    var client: AdminClient {
        AdminClient(AdminAddress(host: "127.0.0.1", port: assembly.adminPort, token: token))
    }

    /// Ours, without the vendors' credentials, and with the secrets that were made up.
    var environment: [String: String] {
        let hidden = Set(settings.credentialVariables).subtracting(settings.trustedVariables)
        return ProcessEnvironment.current.filter { !hidden.contains($0.key) }.merging(secrets) { $1 }
    }

    /// The same as one of its trusted programs: through the proxy, and trusting our CA.
    func environment(ofProgram name: String) throws -> [String: String] {
        let place = try AgentPlace(
            program: name, settings: settings, proxyPort: assembly.proxyPort, adminPort: assembly.adminPort,
            environment: environment)
        let setup = place.setup(folder: folder + "/files", parent: environment, currentFolder: nil)
        try setup.write()
        return setup.environment
    }

    func end() async {
        await assembly.stop(drain: .seconds(1))
        await vendor.stop()
    }
}

extension Settings {
    /// Every vendor's names are served at this port, and no real credential is left.
    fileprivate mutating func playVendors(port: Int, roots: String) {
        let address = "127.0.0.1:\(port)"
        for name in rules.vendors.keys {
            rules.vendors[name]?.credential = Secret(Array("sandbox_".utf8) + Random.letters(32))
            rules.vendors[name]?.credentialProblem = nil
            rules.vendors[name]?.dial.connectTo = address
            rules.vendors[name]?.dial.caFile = roots
            rules.vendors[name]?.dial.upstreamProxy = nil
            rules.vendors[name]?.dial.allowAddresses = [AddressRange(address)].compactMap { $0 }
        }
    }

    /// Keeps the configured state and books untouched. No file to read anew: that would bring the vendors back.
    fileprivate mutating func live(in folder: String) {
        (stateDir, sourceFile) = (folder, nil)
        store.sqlite = folder + "/cofferdam.sqlite"
    }
}
