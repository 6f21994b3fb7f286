import Foundation
import Harness

extension StripeOrigin {
    /// A sidecar before localstripe, $20 a day for each run; `body` gets the real credential too.
    static func play(
        allowed endpoints: String, _ body: (Sidecar, StripeOrigin, String) async throws -> Void
    ) async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let origin = try await StripeOrigin.start(in: folder)
        let secret = "sk_test_" + Stage.Secrets.random(32)
        let address = "127.0.0.1:\(origin.port)"
        let way = "connect_to: \"\(address)\", ca_file: \(origin.certificate), allow_addresses: [\"\(address)\"]"
        let rules = """
            vendors: { stripe: { credential: { env: STRIPE_API_KEY }, \(way) } }
            policies:
              - { name: billing, runs: "*", vendor: stripe, allowed_endpoints: \(endpoints), daily_usd_cap: 20 }

            """
        let sidecar = try Sidecar(rules, environment: ["STRIPE_API_KEY": secret], in: folder)
        do {
            try await sidecar.start()
            try await body(sidecar, origin, secret)
        } catch {
            await sidecar.stop()
            await origin.stop()
            throw error
        }
        await sidecar.stop()
        await origin.stop()
    }

    /// Somebody else makes a payment that only waits for its confirmation, past the sidecar; answers its ID.
    func makePayment(_ amount: Int) async throws -> String {
        let card = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2035&card[cvc]=123"
        let method = try await post("payment_methods", card)
        return try await post("payment_intents", "amount=\(amount)&currency=usd&payment_method=\(method)")
    }

    private func post(_ path: String, _ content: String) async throws -> String {
        let folder = try Folder()
        defer { folder.remove() }
        let output = try await Child.run(
            try Machine.find("curl"),
            [
                "-sS", "--cacert", certificate, "--connect-to", "api.stripe.com:443:127.0.0.1:\(port)", "-H",
                "Authorization: Bearer sk_test_other", "-d", content, "https://api.stripe.com/v1/\(path)",
            ], in: folder)
        guard let id = JSON(output.out)?["id"].text else { throw Machine.Missing(description: "no \(path): \(output)") }
        return id
    }
}
