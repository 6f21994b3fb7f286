import Foundation
import Harness
import Loopback

/// The vendors of an example, played on loopback, and the credentials that they take.
struct Stand: Sendable {
    let vendor: SandboxVendor
    /// Real ones, as far as the sandbox is concerned.
    let credentials = [
        "STRIPE_API_KEY": "sk_test_" + random(32), "OPENAI_API_KEY": "sk-proj-" + random(40),
    ]
    private let roots: String

    init(_ folder: Folder) async throws {
        vendor = try await SandboxVendor.start(
            hosts: ["api.stripe.com", "api.openai.com"],
            credentials: [
                "api.stripe.com": ExpectedCredential("Bearer \(credentials["STRIPE_API_KEY"] ?? "")"),
                "api.openai.com": ExpectedCredential("Bearer \(credentials["OPENAI_API_KEY"] ?? "")"),
            ])
        roots = try folder.write(vendor.certificatePEM, to: "vendor-ca.pem")
    }

    /// The example's own configuration with these ports and this state, and with the vendors' names served here.
    func adapt(_ text: String, proxy: Int, admin: Int, state: String) throws -> String {
        let address = "127.0.0.1:\(vendor.port)"
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [Substring] in
            guard line.contains("credential: { env:") else { return [line] }
            let margin = line.prefix { $0 == " " }
            return [
                line, "\(margin)connect_to: \(address)", "\(margin)ca_file: \(roots)",
                "\(margin)allow_addresses: [\"\(address)\"]",
            ]
        }
        return try replace(
            lines.joined(separator: "\n"),
            [
                ("127.0.0.1:4700", "127.0.0.1:\(proxy)"), ("127.0.0.1:4701", "127.0.0.1:\(admin)"),
                ("state_dir: state", "state_dir: \(state)"),
            ])
    }

    /// Each must be there: an example whose configuration is written otherwise would reach the world.
    private func replace(_ text: String, _ pairs: [(String, String)]) throws -> String {
        try pairs.reduce(text) { text, pair in
            guard text.contains(pair.0) else { throw Machine.Missing(description: "proxy.conf has no \(pair.0)") }
            return text.replacing(pair.0, with: pair.1)
        }
    }

    /// Lower-case hexadecimal digits.
    static func random(_ count: Int) -> String {
        String((0..<count).map { _ in Character(String(Int.random(in: 0..<16), radix: 16)) })
    }
}
