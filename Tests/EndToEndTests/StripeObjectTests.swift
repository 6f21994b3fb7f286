import Foundation
import Harness
import Testing

extension `End to end` {
    /// stripe-python against localstripe, in the steps in which money really moves.
    @Suite struct `A payment in several steps` {
        @Test func `counts once, and what somebody else made counts whole`() async throws {
            let endpoints = "[payment_methods.create, payment_intents.create, payment_intents.confirm, refunds.create]"
            try await StripeOrigin.play(allowed: endpoints) { sidecar, origin, secret in
                let small = try await origin.makePayment(700)
                let large = try await origin.makePayment(1300)
                let script = Machine.script("sdk_stripe_objects.py")
                let output = try await sidecar.run("agent-1", [try Machine.python(), script, small, large])
                try #require(output.status == 0, "\(output)")
                let mine = try #require(output.told("create")["id"].text)
                #expect(output.told("refund")["amount"].number == 500)
                #expect(output.told(small)["status"].text == "succeeded")
                #expect(output.told(large)["status"].number == 429, "$17 of $20 are spent")
                let records = try await sidecar.settled("agent-1")
                #expect(records.compactMap { $0["cost_usd"].number } == [0, 5, 0, 5, 7, 0], "\(records)")
                #expect(records.map { $0["object_id"].text }[1...2] == [mine, mine])
                let sent = origin.requests.filter { !$0.contains("Bearer sk_test_other") }
                #expect(
                    sent
                        == [
                            "POST /v1/payment_methods", "POST /v1/payment_intents",
                            "POST /v1/payment_intents/\(mine)/confirm", "POST /v1/refunds",
                            "GET /v1/payment_intents/\(small)", "POST /v1/payment_intents/\(small)/confirm",
                            "GET /v1/payment_intents/\(large)",
                        ].map { "\($0) 200 Bearer \(secret)" })
            }
        }
    }
}
