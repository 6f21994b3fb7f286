import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// A charge of $30 under a cap of $50, and a crash at the worst places on its way.
    @Suite struct `A sidecar that dies` {
        /// A place, whether the vendor may have charged by then, and whether money is held on disk.
        struct Place: Sendable, CustomTestStringConvertible {
            let name: String
            /// nil: it may or may not.
            let charged: Bool?
            let held: Bool
            var testDescription: String { name }
        }

        static let places = [
            Place(name: "after-parse", charged: false, held: false),
            Place(name: "before-hold", charged: false, held: false),
            Place(name: "hold-in-transaction", charged: false, held: false),
            Place(name: "after-hold", charged: false, held: true),
            Place(name: "before-connect", charged: false, held: true),
            Place(name: "after-head-sent", charged: nil, held: true),
            Place(name: "after-content-sent", charged: nil, held: true),
            Place(name: "after-first-answer-byte", charged: true, held: true),
            Place(name: "after-answer", charged: true, held: true),
            Place(name: "before-settle", charged: true, held: true),
            Place(name: "settle-in-transaction", charged: true, held: true),
            Place(name: "after-settle", charged: true, held: true),
        ]

        @Test(arguments: places) func `forgets no money, and lets no more than the cap pass`(_ place: Place)
            async throws
        {
            try await Stage.play { stage in
                await stage.sidecar.stop()
                try await stage.sidecar.start(with: ["COFFERDAM_FAILPOINT": place.name])
                let pay = ["-sS", "-m", "20", "-d", "amount=3000&currency=usd"]
                let url = ["https://api.stripe.com/v1/payment_intents"]
                let child = try stage.sidecar.start("agent-1", ["curl"] + pay + url)
                #expect(await stage.sidecar.ended()?.status == 128 + SIGKILL, "it dies at \(place.name)")
                _ = await child.output()
                let before = stage.vendor.accepted.map(\.amount)
                if let charged = place.charged { #expect(before == (charged ? [3000] : [])) }
                let restart = ContinuousClock.now
                try await stage.sidecar.start()
                #expect(ContinuousClock.now - restart < .seconds(20))
                try await check(stage, place, charged: !before.isEmpty)
            }
        }

        /// What is accounted for is what the vendor took, or more; the rest of the cap can be used, and not a cent more.
        private func check(_ stage: Stage, _ place: Place, charged: Bool) async throws {
            let settled = place.name == "after-settle"
            let holds = JSON(try await stage.sidecar.command(["holds", "--json"]).out)?["holds"].items ?? []
            #expect(holds.map { $0["state"].text } == (place.held && !settled ? ["in_doubt"] : []))
            _ = try await stage.sidecar.command(["runs", "end", "agent-1"])
            let counted = place.held ? 3000 : 0
            let script = [try Machine.find("sh"), Machine.script("curls.sh")]
            let output = try await stage.sidecar.run(
                "agent-1",
                script + [
                    "over=/v1/payment_intents amount=\(5001 - counted)&currency=usd",
                    "rest=/v1/payment_intents amount=\(5000 - counted)&currency=usd",
                    "cent=/v1/payment_intents amount=1&currency=usd",
                ])
            #expect(output.told("over")["code"].text == "cap_exhausted", "\(output)")
            #expect(output.told("rest")["status"].number == 200, "\(output)")
            #expect(output.told("cent")["code"].text == "cap_exhausted")
            #expect(stage.vendor.accepted.map(\.amount) == (charged ? [3000] : []) + [5000 - counted])
            let audit = try await stage.sidecar.command(["audit", "verify"])
            #expect(audit.status == 0, "\(audit)")
        }
    }
}
