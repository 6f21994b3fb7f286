import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `A run that is stopped` {
        @Test func `is refused on the connection that it has, until it is resumed`() async throws {
            let steps = [try Machine.python(), Machine.script("steps.py")]
            try await Stage.play { stage in
                let agent = try stage.sidecar.start("agent-1", steps)
                try await step(agent, 1)
                let stopped = try await stage.sidecar.command(["stop", "run=agent-1", "--reason", "charges in a loop"])
                #expect(stopped.status == 0, "\(stopped)")
                try await step(agent, 2)
                let resumed = try await stage.sidecar.command(["resume", "run=agent-1"])
                #expect(resumed.out.contains("run agent-1 goes on"), "\(resumed)")
                try await step(agent, 3)
                let output = await end(agent)
                #expect(output.told("step 1")["status"].number == 200)
                #expect(output.told("step 2")["code"].text == "run_revoked", "\(output)")
                #expect(output.told("step 3")["status"].number == 200, "\(output)")
                #expect(stage.reached.count == 2)
            }
        }

        @Test func `with everything of its label is refused until that goes on`() async throws {
            let steps = [try Machine.python(), Machine.script("steps.py")]
            try await Stage.play { stage in
                let agent = try stage.sidecar.start("agent-1", steps)
                try await step(agent, 1)
                let command = ["stop", "label=agent-*", "--for", "1h", "--reason", "incident 42"]
                let stopped = try await stage.sidecar.command(command)
                #expect(stopped.status == 0 && stopped.out.contains("label=agent-* is stopped until"), "\(stopped)")
                try await step(agent, 2)
                let status = try await stage.sidecar.command(["status"])
                #expect(status.out.contains("STOPPED  label=agent-*"), "\(status)")
                let resumed = try await stage.sidecar.command(["resume", "label=agent-*"])
                #expect(resumed.out.contains("label=agent-* goes on"), "\(resumed)")
                try await step(agent, 3)
                let output = await end(agent)
                #expect(output.told("step 2")["code"].text == "stopped", "\(output)")
                #expect(output.told("step 3")["status"].number == 200, "\(output)")
                #expect(stage.reached.count == 2)
            }
        }

        @Test func `has its stream cut in under a second, and no other run does`() async throws {
            try await Stage.play { stage in
                let url = "https://api.acme.example/_test/sse-forever?every_ms=20"
                let one = try stage.sidecar.start("agent-1", ["curl", "-sSN", url])
                let other = try stage.sidecar.start("agent-2", ["curl", "-sSN", url])
                try await one.says("\"n\":3")
                try await other.says("\"n\":3")
                let began = ContinuousClock.now
                #expect(try await stage.sidecar.ask("DELETE", "/v1/runs/agent-1").status == 200)
                await stage.vendor.wait { $0.open == 1 }
                #expect(ContinuousClock.now - began < .seconds(1))
                let cut = await one.output()
                #expect([18, 56].contains(cut.status))
                #expect(cut.err.contains("0 allowed · 1 refused"), "\(cut)")
                #expect(cut.err.contains("1x  run_revoked"))
                let before = other.said.count
                try await eventually("the other stream flows") { other.said.count > before }
                other.send(SIGTERM)
                _ = await other.output()
            }
        }

        @Test func `is told of a charge that was under way, which is waited for and counted`() async throws {
            try await Stage.play { stage in
                stage.vendor.divert { _ in Diversion("/_test/slow-head?ms=1000", acts: true) }
                let pay = ["-d", "amount=3000&currency=usd", "https://api.stripe.com/v1/payment_intents"]
                let child = try stage.sidecar.start("agent-1", ["curl", "-sS"] + pay)
                await stage.vendor.wait { $0.complete == 1 }
                #expect(try await stage.sidecar.ask("DELETE", "/v1/runs/agent-1?reason=loop").status == 200)
                let output = await child.output()
                #expect(JSON(output.out)?["code"].text == "run_revoked", "\(output)")
                #expect(output.err.contains("spent $30.00 · 0 allowed · 1 refused"), "\(output)")
                #expect(output.err.contains("1x  run_revoked  payment_intents.create  cut while it was in flight"))
                #expect(output.err.contains("run agent-1 stopped by the admin token: loop"))
            }
        }

        @Test func `gets a new key when its old one is over, and the same account`() async throws {
            let steps = [try Machine.python(), Machine.script("steps.py"), "2000"]
            let policies = Stage.policies.replacing("daily_usd_cap: 50", with: "daily_usd_cap: 50\n    expires_in: 2s")
            try await Stage.play(policies: policies) { stage in
                let agent = try stage.sidecar.start("agent-1", steps)
                try await step(agent, 1)
                try await eventually("the first key is over") {
                    try await stage.sidecar.ask("GET", "/v1/keys?status=active").json["keys"].items.isEmpty
                }
                try await step(agent, 2)
                try await step(agent, 3)
                let output = await end(agent)
                #expect(output.told("step 1")["status"].number == 200)
                #expect(output.told("step 2")["status"].number == 200)
                #expect(output.told("step 3")["code"].text == "cap_exhausted", "\(output)")
                let keys = try await stage.sidecar.settled("agent-1").compactMap { $0["key_id"].text }
                #expect(Set(keys).count == 2)
            }
        }

        @Test func `or is over has a status that says so`() async throws {
            try await Stage.play { stage in
                let answer = try await stage.sidecar.ask("POST", "/v1/runs", "{\"id\":\"agent-1\",\"lifetime\":\"1s\"}")
                let login = "agent-1:\(answer.json["secret"].text ?? "")"
                let options = ["-sS", "-m", "20", "--proxy", "http://127.0.0.1:\(stage.sidecar.proxyPort)"]
                let roots = ["--proxy-user", login, "--cacert", stage.sidecar.state + "/ca.pem"]
                let call = options + roots + ["https://api.acme.example/_test/sse-forever"]
                let curl = try Child(try Machine.find("curl"), call, in: stage.sidecar.folder)
                try await curl.says("\"n\":3")
                // Its stream ends with it, and it gets no other.
                #expect([18, 56].contains(await curl.output().status))
                let late = try await Child.run(try Machine.find("curl"), call, in: stage.sidecar.folder)
                #expect(JSON(late.out)?["code"].text == "run_expired", "\(late)")
            }
        }

        private func step(_ agent: Child, _ number: Int) async throws {
            try agent.tell()
            try await agent.says("\"step \(number)\"")
        }

        private func end(_ agent: Child) async -> Child.Output { await agent.stop(SIGTERM) }
    }
}
