import Foundation

@testable import AgentEnvironment

/// Surroundings for tests: no file is there but what a test puts in.
enum Sample {
    static let secret = "sk_live_51HxReal0Secret0Value"
    static let placeholder = "sk_test_cofferdam"
    static let proxy = "http://run-1:run_secret_0123456789abcdef@127.0.0.1:4700"
    static let stripe = AgentSurroundings.Vendor(
        name: "stripe", environment: ["STRIPE_API_KEY": placeholder], keyPrefixes: ["sk_test_", "sk_live_"])
    static let openAI = AgentSurroundings.Vendor(
        name: "openai", environment: ["OPENAI_API_KEY": "{run_secret}"],
        baseURLVariables: ["OPENAI_BASE_URL": "/openai/v1"], keyPrefixes: ["sk-proj-"])

    /// Not certificates, but the reader of PEM does not look inside.
    static func pem(_ name: String) -> String {
        "-----BEGIN CERTIFICATE-----\n\(Data(name.utf8).base64EncodedString())\n-----END CERTIFICATE-----\n"
    }

    static func surroundings(
        parent: [String: String] = [:], files: [String: String] = [:]
    ) -> AgentSurroundings {
        var all = ["/etc/ssl/certs/ca-certificates.crt": pem("public root") + pem("other root")]
        all.merge(files) { _, new in new }
        var made = AgentSurroundings(
            proxyURL: proxy, gateway: "http://127.0.0.1:4700", runID: "run-1",
            runSecret: "run_secret_0123456789abcdef", authority: pem("our CA"), folder: "/run/cofferdam/run-1",
            parent: parent)
        made.vendors = [stripe]
        made.secrets = [secret]
        made.secretVariables = ["STRIPE_LIVE_KEY"]
        made.currentFolder = "/home/me/agent"
        made.read = { [all] in all[$0].map { Data($0.utf8) } }
        return made
    }

    static func setup(
        parent: [String: String] = [:], files: [String: String] = [:],
        change: (inout AgentSurroundings) -> Void = { _ in }
    ) -> AgentSetup {
        var made = surroundings(parent: parent, files: files)
        change(&made)
        return AgentSetup(made)
    }
}

extension AgentSetup {
    func text(_ path: String) -> String? {
        files.first { $0.path == path }.map { String(decoding: $0.content, as: UTF8.self) }
    }

    /// The names behind `Sample.pem` in a bundle of the setup.
    func certificates(_ path: String) -> [String] {
        PEMCertificate.all(in: text(path) ?? "").map { String(decoding: $0.der, as: UTF8.self) }
    }
}
