import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `The same request through each way in` {
        private struct Seen: Equatable {
            var head: String
            var content: String
        }

        /// curl by the tunnel, in absolute form, at the gateway with the run's secret, and there with a vault key.
        private func ask(_ stage: Stage, _ path: String, _ form: String) async throws -> [Child.Output] {
            let secret = try await stage.sidecar.register("agent-1")
            let order = """
                {"label":"agent-1","vendor":"stripe","allowed_endpoints":["payment_intents.create"],"expires_in":"5m"}
                """
            let key = try await stage.sidecar.ask("POST", "/v1/keys", order).json["token"].text ?? ""
            let proxy = "http://127.0.0.1:\(stage.sidecar.proxyPort)"
            let login = ["--proxy", proxy, "--proxy-user", "agent-1:\(secret)"]
            let roots = ["--cacert", stage.sidecar.state + "/ca.pem"]
            let ways = [
                login + roots + ["-u", "sk_test_placeholder:", "https://api.stripe.com\(path)"],
                login + ["-u", "sk_test_placeholder:", "http://api.stripe.com\(path)"],
                ["-H", "Authorization: Bearer \(secret)", "\(proxy)/stripe\(path)"],
                ["-H", "Authorization: Bearer \(key)", "\(proxy)/stripe\(path)"],
            ]
            let curl = try Machine.find("curl")
            var answers: [Child.Output] = []
            for way in ways {
                let options = ["-sS", "-m", "20", "-d", form, "-H", "X-Mine: kept", "-w", "\n%{http_code}"]
                answers.append(try await Child.run(curl, options + way, in: stage.sidecar.folder))
            }
            return answers
        }

        @Test func `puts the same bytes before the vendor`() async throws {
            try await Stage.play { stage in
                let answers = try await ask(stage, "/v1/payment_intents", "amount=700&currency=usd")
                for answer in answers { #expect(answer.out.hasSuffix("\n200"), "\(answer)") }
                let seen = stage.vendor.requests.map {
                    Seen(head: String(decoding: $0.head.bytes, as: UTF8.self), content: $0.text)
                }
                try #require(seen.count == 4)
                #expect(seen[0].content == "amount=700&currency=usd")
                #expect(seen[0].head.contains("X-Mine: kept\r\n"))
                for other in seen.dropFirst() { #expect(other == seen[0]) }
            }
        }

        @Test func `gets the same refusal`() async throws {
            try await Stage.play { stage in
                let answers = try await ask(stage, "/v1/payouts", "amount=700&currency=usd")
                for answer in answers {
                    #expect(answer.out.contains("\"code\":\"endpoint_not_allowed\""), "\(answer)")
                    #expect(answer.out.hasSuffix("\n403"))
                }
                #expect(stage.reached == [])
            }
        }
    }
}
