import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `A sidecar that is killed in the middle of a charge` {
        @Test func `counts it as spent, and lists it in doubt, when it comes back`() async throws {
            try await Stage.play { stage in
                // The vendor charges, and never answers.
                stage.vendor.divert { $0.target == "/v1/payment_intents" ? Diversion("/_test/hang", acts: true) : nil }
                let pay = [
                    "-s", "-m", "60", "-d", "amount=3000&currency=usd", "https://api.stripe.com/v1/payment_intents",
                ]
                let child = try stage.sidecar.start("agent-1", ["curl"] + pay)
                await stage.vendor.wait { $0.complete == 1 }
                #expect(await stage.sidecar.stop(SIGKILL)?.status == 128 + SIGKILL)
                #expect(await child.output().status != 0)
                stage.vendor.divert(nil)
                try await stage.sidecar.start()
                try await inDoubt(stage)
                // Its wrapper could not say that it ended, and its lease goes on for a while.
                let ended = try await stage.sidecar.command(["runs", "end", "agent-1"])
                #expect(ended.status == 0, "\(ended)")
                try await refusesBeyondTheCap(stage)
                #expect(stage.vendor.accepted.map(\.amount) == [3000, 2000])
            }
        }

        private func inDoubt(_ stage: Stage) async throws {
            let shown = try await stage.sidecar.command(["holds", "--json"])
            let holds = JSON(shown.out)?["holds"].items ?? []
            #expect(holds.map { $0["state"].text } == ["in_doubt"], "\(shown)")
            #expect(holds.first?["operation"].text == "payment_intents.create")
            #expect(holds.first?["run_id"].text == "agent-1")
            let table = try await stage.sidecar.command(["holds"])
            #expect(table.out.contains("$30.00"), "\(table)")
        }

        /// $30 of $50 are in doubt: $20 more may go, and not a cent beyond.
        private func refusesBeyondTheCap(_ stage: Stage) async throws {
            let script = [try Machine.find("sh"), Machine.script("curls.sh")]
            let calls = [
                "over=/v1/payment_intents amount=2001&currency=usd",
                "under=/v1/payment_intents amount=2000&currency=usd",
                "cent=/v1/payment_intents amount=1&currency=usd",
            ]
            let output = try await stage.sidecar.run("agent-1", script + calls)
            #expect(output.told("over")["code"].text == "cap_exhausted", "\(output)")
            #expect(output.told("under")["status"].number == 200)
            #expect(output.told("cent")["code"].text == "cap_exhausted")
        }
    }
}
