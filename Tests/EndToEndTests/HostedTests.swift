import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// Programs that were written for a hosted key service, with an issuer's token and a tunnel, and nothing else.
    @Suite struct `A program of a hosted key service` {
        private static let hosts = """
            virtual_hosts: { api: api.keybrake.com, proxy: proxy.keybrake.com }
            trusted:
              - { name: shop, secret: { env: SHOP_SECRET }, runs: shop-*, daily_usd_cap_max: 100 }

            """

        private func play(through user: @Sendable @escaping (Stage, String) async throws -> String) async throws {
            let secret = Stage.Secrets.random(32)
            try await Stage.play(more: Self.hosts, variables: ["SHOP_SECRET": secret]) { stage in
                let run = try await stage.sidecar.register("agent-1")
                let proxy = "http://\(try await user(stage, secret))@127.0.0.1:\(stage.sidecar.proxyPort)"
                let output = try await Child.run(
                    try Machine.python(), [Machine.script("hosted.py")],
                    environment: [
                        "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "KEYBRAKE_TOKEN": secret, "RUN_SECRET": run,
                        "REQUESTS_CA_BUNDLE": stage.sidecar.state + "/ca.pem", "PYTHONPATH": Machine.script(""),
                    ], in: stage.sidecar.folder)
                try #require(output.status == 0, "\(output)")
                check(output, stage)
            }
        }

        @Test func `needs nothing but what env gives a trusted program`() async throws {
            let secret = Stage.Secrets.random(32)
            try await Stage.play(more: Self.hosts, variables: ["SHOP_SECRET": secret]) { stage in
                let run = try await stage.sidecar.register("agent-1")
                let files = stage.sidecar.folder.path + "/shop"
                let wrote = try await stage.sidecar.command(["env", "--trusted", "shop", "--write", files])
                try #require(wrote.status == 0, "\(wrote)")
                let script = "'\(try Machine.python())' '\(Machine.script("hosted.py"))'"
                let output = try await Child.run(
                    "/bin/sh", ["-c", ". '\(files)/agent.sh' && exec \(script)"], environment: ["RUN_SECRET": run],
                    in: stage.sidecar.folder)
                try #require(output.status == 0, "\(output)")
                check(output, stage)
            }
        }

        private func check(_ output: Child.Output, _ stage: Stage) {
            let expected: [(String, Int, String?)] = [
                ("issued", 201, nil), ("json", 200, nil), ("form", 200, nil), ("doubled", 200, nil),
                ("capped", 429, "cap_exhausted"), ("payout", 403, "endpoint_not_allowed"),
                ("none", 401, "vault_key_invalid"), ("elsewhere", 404, "not_found"), ("status", 404, "not_found"),
                ("stops", 404, "not_found"), ("agent", 403, "agent_credential"), ("run", 403, "agent_credential"),
                ("beyond", 403, "ceiling_exceeded"), ("revoked", 200, nil), ("twice", 200, nil),
                ("late", 401, "vault_key_revoked"),
            ]
            for (name, status, code) in expected {
                #expect(output.told(name)["status"].number == Double(status), "\(name): \(output)")
                if let code { #expect(output.told(name)["code"].text == code, "\(name)") }
            }
            // All that an exception of requests shows.
            #expect(output.told("beyond")["reason"].text?.contains("$100") == true, "\(output.told("beyond"))")
            #expect(output.told("capped")["reason"].text?.contains("Daily cap of $20.00") == true)
            let codes = output.told("audit")["codes"].items.compactMap(\.text)
            #expect(codes == ["allowed", "cap_exhausted", "endpoint_not_allowed"])
            #expect(stage.reached == Array(repeating: "POST /v1/charges", count: 3))
            let sent = stage.vendor.requests.map(\.text)
            #expect(sent.allSatisfy { $0.contains("amount=") && !$0.contains("{") }, "\(sent)")
        }

        @Test func `works through the tunnel of a trusted program`() async throws {
            try await play { _, secret in "shop:\(secret)" }
        }

        @Test func `works the same through the tunnel of a run, which merely opens it`() async throws {
            try await play { stage, _ in "agent-2:\(try await stage.sidecar.register("agent-2"))" }
        }
    }
}
