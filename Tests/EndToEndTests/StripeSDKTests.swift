import Foundation
import Harness
import Testing

extension `End to end` {
    /// stripe-python against localstripe: neither end knows of us.
    @Suite struct `Stripe's own SDK` {
        enum Style: String, CaseIterable { case sync, async }

        @Test(arguments: Style.allCases)
        func `pays up to the cap, is refused, and doesn't try again`(_ style: Style) async throws {
            let command = [try Machine.python(), Machine.script("sdk_stripe.py"), style.rawValue]
            try await StripeOrigin.play(allowed: "[payment_intents.create]") { sidecar, origin, secret in
                let output = try await sidecar.run("agent-1", command)
                try #require(output.status == 0, "\(output)")
                #expect(output.told("allowed")["id"].text?.hasPrefix("pi_") == true)
                refused(output.told("refused"))
                capped(output.told("capped"))
                #expect(origin.requests == ["POST /v1/payment_intents 200 Bearer \(secret)"])
                let records = try await sidecar.settled("agent-1")
                #expect(records.map { $0["code"].text } == ["allowed", "endpoint_not_allowed", "cap_exhausted"])
                #expect(records.first?["cost_usd"].number == 13)
                #expect(!(output.out + output.err).contains(secret))
            }
        }

        private func refused(_ error: JSON) {
            #expect(error["kind"].text == "PermissionError")
            #expect(error["status"].number == 403)
            #expect(error["body_code"].text == "endpoint_not_allowed")
            #expect(error["text"].text?.contains("\"payouts.create\" is not permitted") == true)
        }

        private func capped(_ error: JSON) {
            #expect(error["kind"].text == "RateLimitError")
            #expect(error["status"].number == 429)
            #expect(error["body_code"].text == "cap_exhausted")
            #expect(error["text"].text?.contains("$20.00") == true)
        }
    }
}
