import Foundation
import Harness
import Loopback
import Testing

/// A sandbox vendor, which keeps the bytes that reach it, and a sidecar in front of it.
struct Stage: Sendable {
    let vendor: SandboxVendor
    let sidecar: Sidecar
    let secrets: Secrets

    /// Real credentials, as far as the sandbox is concerned: it takes no others.
    struct Secrets: Sendable {
        let stripe = "sk_test_" + random(32)
        let twilio = random(32)
        let acme = "acme_" + random(32)
        let openai = "sk-proj-" + random(40)
        let anthropic = "sk-ant-" + random(40)
        let resend = "re_" + random(32)
        let maps = "AIza" + random(32)
        let account = "AC" + random(32)

        var all: [String] { [stripe, twilio, acme, openai, anthropic, resend, maps] }

        /// As they are, and in base64.
        var forms: [String] {
            let texts = all + ["\(account):\(twilio)"]
            return texts + texts.map { Data($0.utf8).base64EncodedString() }
        }

        var environment: [String: String] {
            [
                "STRIPE_API_KEY": stripe, "TWILIO_ACCOUNT_SID": account, "TWILIO_AUTH_TOKEN": twilio, "ACME_KEY": acme,
                "OPENAI_API_KEY": openai, "ANTHROPIC_API_KEY": anthropic, "RESEND_API_KEY": resend,
                "MAPS_KEY": maps,
            ]
        }

        /// Lower-case hexadecimal digits.
        static func random(_ count: Int) -> String {
            String((0..<count).map { _ in Character(String(Int.random(in: 0..<16), radix: 16)) })
        }
    }

    /// Sets it up, plays, and strikes it, whatever happened; `more` is more of the configuration, `variables` are the
    /// operator's.
    static func play<Result>(
        policies: String = Stage.policies, more: String = "", listen: String = "", variables: [String: String] = [:],
        _ body: (Stage) async throws -> Result
    ) async throws -> Result {
        let folder = try Folder()
        defer { folder.remove() }
        let secrets = Secrets()
        let vendor = try await sandbox(secrets)
        let sidecar = try Sidecar(
            try vendors(vendor, folder) + policies + more, listen: listen,
            environment: secrets.environment.merging(variables) { $1 },
            in: folder)
        do {
            try await sidecar.start()
            let result = try await body(Stage(vendor: vendor, sidecar: sidecar, secrets: secrets))
            await sidecar.stop()
            await vendor.stop()
            // Books, logs, and all that was said to agents and operators.
            #expect(folder.holding(secrets.forms) == [])
            return result
        } catch {
            await sidecar.stop()
            await vendor.stop()
            throw error
        }
    }

    /// $50 a day at Stripe, $5 at Twilio; whatever the sandbox can do at Acme, for nothing.
    static let policies = """
        policies:
          - name: billing
            runs: "*"
            vendor: stripe
            allowed_endpoints: [payment_intents.create, payment_intents.retrieve, "GET /_test/*"]
            daily_usd_cap: 50
          - { name: texts, runs: "*", vendor: twilio, allowed_endpoints: [messages.create], daily_usd_cap: 5 }
          - { name: tests, runs: "*", vendor: acme, allowed_endpoints: ["/*"] }

        """

    static let hosts = [
        "api.stripe.com", "api.twilio.com", "api.acme.example", "api.openai.com", "api.anthropic.com", "api.resend.com",
        "api.maps.example",
    ]

    private static func sandbox(_ secrets: Secrets) async throws -> SandboxVendor {
        let basic = Data("\(secrets.account):\(secrets.twilio)".utf8).base64EncodedString()
        return try await SandboxVendor.start(
            hosts: hosts,
            credentials: [
                hosts[0]: ExpectedCredential("Bearer \(secrets.stripe)"),
                hosts[1]: ExpectedCredential("Basic \(basic)"),
                hosts[2]: ExpectedCredential("Bearer \(secrets.acme)"),
                hosts[3]: ExpectedCredential("Bearer \(secrets.openai)"),
                hosts[4]: ExpectedCredential(secrets.anthropic, field: "x-api-key"),
                hosts[5]: ExpectedCredential("Bearer \(secrets.resend)"),
            ])
    }

    private static func vendors(_ vendor: SandboxVendor, _ folder: Folder) throws -> String {
        let roots = try folder.write(vendor.certificatePEM, to: "vendor-ca.pem")
        let address = "127.0.0.1:\(vendor.port)"
        let way = "connect_to: \"\(address)\", ca_file: \(roots), allow_addresses: [\"\(address)\"]"
        return """
            vendors:
              stripe: { credential: { env: STRIPE_API_KEY }, \(way) }
              twilio: { credential: { env: TWILIO_AUTH_TOKEN, user: { env: TWILIO_ACCOUNT_SID } }, \(way) }
              acme: { hosts: [api.acme.example], credential: { env: ACME_KEY }, \(way) }
              openai: { credential: { env: OPENAI_API_KEY }, \(way) }
              anthropic: { credential: { env: ANTHROPIC_API_KEY }, \(way) }
              resend: { credential: { env: RESEND_API_KEY }, \(way) }
              maps:
                { hosts: [api.maps.example], credential: { env: MAPS_KEY }, credential_scheme: { query: key },
                  key_prefixes: { any: [AIza] }, \(way) }

            """
    }

    /// The targets that reached the vendor.
    var reached: [String] { vendor.requests.map { "\($0.method) \($0.target)" } }

    /// The secrets that stand in a text.
    func leaks(in text: String) -> [String] { secrets.all.filter(text.contains) }
}
