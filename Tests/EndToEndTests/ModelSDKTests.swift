import Foundation
import Harness
import Loopback
import Testing

/// An SDK whose calls are billed by the token, and what it shows of itself on the wire.
enum ModelSDK: String, CaseIterable, Sendable {
    case openai, anthropic

    var target: String { self == .openai ? "POST /v1/chat/completions" : "POST /v1/messages" }
    var operation: String { self == .openai ? "chat.completions.create" : "messages.create" }
    var idPrefix: String { self == .openai ? "chatcmpl-" : "msg_" }

    /// The field with the credential, and what is to stand in it.
    func credential(_ secrets: Stage.Secrets) -> (field: String, value: String) {
        self == .openai ? ("authorization", "Bearer \(secrets.openai)") : ("x-api-key", secrets.anthropic)
    }

    func command(_ arguments: String...) throws -> [String] {
        [try Machine.python(), Machine.script("sdk_\(rawValue).py")] + arguments
    }
}

extension `End to end` {
    @Suite struct `A model's own SDK` {
        /// What needs `tokens` passes where no cap counts it, and is refused where one does.
        private static let policies = """
            policies:
              - { name: open, runs: open-*, vendor: openai, allowed_endpoints: [chat.completions.create] }
              - { name: claude, runs: open-*, vendor: anthropic, allowed_endpoints: [messages.create] }
              - { name: capped, runs: "*", vendor: openai, allowed_endpoints: ["/*"], daily_usd_cap: 5 }
              - { name: capped-claude, runs: "*", vendor: anthropic, allowed_endpoints: ["/*"], daily_usd_cap: 5 }

            """

        @Test(arguments: ModelSDK.allCases)
        func `reaches its vendor with the real credential alone`(_ sdk: ModelSDK) async throws {
            let command = try sdk.command()
            try await Stage.play(policies: Self.policies) { stage in
                let output = try await stage.sidecar.run("open-1", command)
                try #require(output.status == 0, "\(output)")
                #expect(output.told("allowed")["id"].text?.hasPrefix(sdk.idPrefix) == true, "\(output)")
                #expect(output.told("allowed")["text"].text?.contains("answers every prompt") == true)
                #expect(stage.reached == [sdk.target])
                let credential = sdk.credential(stage.secrets)
                let head = try #require(stage.vendor.requests.first)
                #expect(head.value(credential.field) == credential.value)
                #expect(!String(decoding: head.head.bytes, as: UTF8.self).contains("cofferdam"))
                #expect(stage.leaks(in: output.out + output.err) == [])
            }
        }

        @Test func `has a streamed answer piece by piece`() async throws {
            let command = try ModelSDK.openai.command("stream")
            try await Stage.play(policies: Self.policies) { stage in
                let output = try await stage.sidecar.run("open-1", command)
                let times = output.told("stream")["after_first"].items.compactMap(\.number)
                try #require(times.count > 10, "\(output)")
                // The sandbox takes 20 ms for each; held back until the end, all of them would come at once.
                #expect(times[times.count - 1] > 0.1, "\(times)")
                #expect(output.told("stream")["text"].text?.hasPrefix("The sandbox answers") == true)
            }
        }

        @Test(arguments: ModelSDK.allCases)
        func `is told under a cap which line would price it`(_ sdk: ModelSDK) async throws {
            let command = try sdk.command()
            try await Stage.play(policies: Self.policies) { stage in
                let output = try await stage.sidecar.run("capped-1", command)
                let refused = output.told("refused")
                #expect(refused["kind"].text == "PermissionDeniedError", "\(output)")
                #expect(refused["status"].number == 403)
                let line = "vendors: { \(sdk): { operations: { \(sdk.operation): { price: { flat_usd: 0.25 } } } } }"
                #expect(refused["text"].text?.contains(line) == true, "\(refused)")
                #expect(output.err.contains("1x  cost_unknown"))
                #expect(stage.reached == [])
            }
        }
    }

    @Suite struct `Resend's own SDK` {
        private static let policies = """
            policies:
              - { name: mail, runs: "*", vendor: resend, allowed_endpoints: [emails.create], daily_usd_cap: 5 }

            """

        @Test func `sends at a price for each recipient, and makes no key`() async throws {
            let command = [try Machine.python(), Machine.script("sdk_resend.py")]
            try await Stage.play(policies: Self.policies) { stage in
                let output = try await stage.sidecar.run("agent-1", command)
                try #require(output.status == 0, "\(output)")
                #expect(output.told("allowed")["id"].text?.isEmpty == false)
                #expect(output.told("refused")["text"].text?.contains("is not permitted") == true, "\(output)")
                #expect(stage.reached == ["POST /emails"])
                #expect(stage.vendor.requests.map { $0.value("authorization") } == ["Bearer \(stage.secrets.resend)"])
                #expect(
                    stage.vendor.requests.allSatisfy {
                        !String(decoding: $0.head.bytes, as: UTF8.self).contains("cofferdam")
                    })
                #expect(try await stage.sidecar.settled("agent-1").first?["cost_usd"].number == 0.0008)
                #expect(stage.leaks(in: output.out + output.err) == [])
            }
        }
    }
}
