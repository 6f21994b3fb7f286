import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `A payment that is sent again under its idempotency key` {
        private static func curl(_ key: String) -> [String] {
            [
                "curl", "-sS", "-w", "%{http_code}", "-H", "Idempotency-Key: \(key)", "-d", "amount=500&currency=usd",
                "https://api.stripe.com/v1/payment_intents",
            ]
        }

        @Test func `is one spend, also after a restart, and not another run's`() async throws {
            try await Stage.play { stage in
                let first = try await stage.sidecar.run("agent-1", Self.curl("k1"))
                #expect(first.out.hasSuffix("200"), "\(first)")
                await stage.sidecar.stop()
                try await stage.sidecar.start()
                let again = try await stage.sidecar.run("agent-1", Self.curl("k1"))
                #expect(again.out.hasSuffix("200") && again.out.contains("\"pi_"), "\(again)")
                #expect(stage.vendor.accepted.count == 1 && stage.reached.count == 2)
                let records = try await stage.sidecar.settled("agent-1")
                #expect(records.map { $0["cost_usd"].number } == [5, 0])
                #expect(records.last?["evidence"].text?.hasPrefix("a repetition of req_") == true)
                let other = try await stage.sidecar.run("agent-2", Self.curl("k1"))
                #expect(other.out.hasSuffix("403") && other.out.contains("replay_of_another"), "\(other)")
                #expect(stage.reached.count == 2)
            }
        }
    }
}
