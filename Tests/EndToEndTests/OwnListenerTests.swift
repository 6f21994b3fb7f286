import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `A run with a listener of its own` {
        /// curl, without any credential.
        private func curl(_ stage: Stage, _ options: [String]) async throws -> String {
            let roots = ["--cacert", stage.sidecar.state + "/ca.pem"]
            let answer = try await Child.run(
                try Machine.find("curl"), ["-sS", "-m", "20", "-w", "\n%{http_code}"] + roots + options,
                in: stage.sidecar.folder)
            return answer.out + answer.err
        }

        @Test func `gets it, and loses it, by a reload`() async throws {
            let port = try Port.free()
            try await Stage.play { stage in
                let file = stage.sidecar.config
                let without = try String(contentsOfFile: file, encoding: .utf8)
                let own = "listen:\n  runs: [{ address: \"127.0.0.1:\(port)\", run: nightly-1 }]\n"
                let me = ["http://127.0.0.1:\(port)/_cofferdam/self"]
                #expect(try await curl(stage, me).contains("\n000"))
                try without.replacing("listen:\n", with: own).write(toFile: file, atomically: true, encoding: .utf8)
                let opened = try await stage.sidecar.ask("POST", "/v1/reload", "{}")
                #expect(opened.status == 200, "\(opened)")
                #expect(try await curl(stage, me).contains(#""run_id":"nightly-1""#))
                try without.write(toFile: file, atomically: true, encoding: .utf8)
                #expect(try await stage.sidecar.ask("POST", "/v1/reload", "{}").status == 200)
                #expect(try await curl(stage, me).contains("\n000"))
            }
        }

        @Test func `is known there without a secret, and only there`() async throws {
            let port = try Port.free()
            let own = "  runs: [{ address: \"127.0.0.1:\(port)\", run: nightly-1 }]\n"
            try await Stage.play(listen: own) { stage in
                let pay = ["-d", "amount=700&currency=usd", "https://api.stripe.com/v1/payment_intents"]
                let paid = try await curl(stage, ["--proxy", "http://127.0.0.1:\(port)"] + pay)
                #expect(paid.hasSuffix("\n200"), "\(paid)")
                let common = try await curl(stage, ["--proxy", "http://127.0.0.1:\(stage.sidecar.proxyPort)"] + pay)
                #expect(common.contains("407"), "\(common)")
                let me = try await curl(stage, ["http://127.0.0.1:\(port)/_cofferdam/self"])
                #expect(me.contains(#""run_id":"nightly-1""#) && me.contains(#""remaining_usd":"43.00""#), "\(me)")
                _ = try await stage.sidecar.command(["stop", "run=nightly-1"])
                let stopped = try await curl(stage, ["--proxy", "http://127.0.0.1:\(port)"] + pay)
                #expect(stopped.contains("run_revoked"), "\(stopped)")
                #expect(stage.reached == ["POST /v1/payment_intents"])
            }
        }
    }
}
