import Foundation
import Harness
import Loopback
import Testing

/// A client that knows nothing of Cofferdam, and the script that uses it.
enum PlainClient: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case requests, httpx, aiohttp
    case https = "Node's https"
    case fetch = "Node's fetch"
    case newerHTTPS = "Node 24's https"
    case newerFetch = "Node 24's fetch"
    case curl

    var testDescription: String { rawValue }

    func command() throws -> [String] {
        switch self {
        case .requests, .httpx, .aiohttp: [try Machine.python(), Machine.script("plain_\(rawValue).py")]
        case .https: [try Machine.find("node"), Machine.script("plain_https.js")]
        case .fetch: [try Machine.find("node"), Machine.script("plain_fetch.js")]
        case .newerHTTPS: [try Machine.newerNode(), Machine.script("plain_https.js")]
        case .newerFetch: [try Machine.newerNode(), Machine.script("plain_fetch.js")]
        case .curl:
            [
                try Machine.find("sh"), Machine.script("curls.sh"),
                "allowed=/v1/payment_intents amount=1300&currency=usd", "refused=/v1/payouts amount=500&currency=usd",
            ]
        }
    }
}

extension `End to end` {
    @Suite struct `An unmodified client behind cofferdam run` {
        @Test(arguments: PlainClient.allCases)
        func `spends what it may, and is told what it may not`(_ client: PlainClient) async throws {
            let command = try client.command()
            try await Stage.play { stage in
                let output = try await stage.sidecar.run("agent-1", command)
                try #require(output.status == 0, "\(output)")
                #expect(output.told("allowed")["status"].number == 200)
                #expect(output.told("allowed")["id"].text?.hasPrefix("pi_") == true)
                let refused = output.told("refused")
                #expect(refused["status"].number == 403)
                #expect(refused["code"].text == "endpoint_not_allowed")
                #expect(refused["message"].text?.contains("payouts.create") == true)
                #expect(stage.reached == ["POST /v1/payment_intents"])
                try await booked(stage)
                nothingLeaked(stage, output)
            }
        }

        /// The one charge cost what it says, at the run's account.
        private func booked(_ stage: Stage) async throws {
            let records = try await stage.sidecar.settled("agent-1")
            #expect(records.map { $0["code"].text } == ["allowed", "endpoint_not_allowed"])
            #expect(records.first?["cost_usd"].number == 13)
            #expect(records.first?["operation"].text == "payment_intents.create")
            #expect(records.first?["result"].text == "settled")
        }

        /// The vendor saw the real credential (it takes no other), and the agent did not.
        private func nothingLeaked(_ stage: Stage, _ output: Child.Output) {
            #expect(stage.vendor.requests.map { $0.value("authorization") } == ["Bearer \(stage.secrets.stripe)"])
            #expect(output.told("surroundings")["environ"].text?.contains("HTTPS_PROXY=") == true)
            #expect(stage.leaks(in: output.out + output.err) == [])
        }

        @Test func `keeps its connection when it is refused before it has sent its content`() async throws {
            let command = [try Machine.python(), Machine.script("late.py")]
            try await Stage.play { stage in
                let output = try await stage.sidecar.run("agent-1", command)
                #expect(output.told("refused")["code"].text == "endpoint_not_allowed", "\(output)")
                #expect(output.told("refused")["kept"].bool == true)
                #expect(output.told("allowed")["status"].number == 200)
                #expect(stage.vendor.requests.map(\.text) == ["amount=500&currency=usd"])
            }
        }

        @Test func `may be Twilio's SDK, whose price is per segment`() async throws {
            let command = [try Machine.python(), Machine.script("sdk_twilio.py")]
            try await Stage.play { stage in
                let output = try await stage.sidecar.run("agent-1", command)
                try #require(output.status == 0, "\(output)")
                #expect(output.told("allowed")["id"].text?.hasPrefix("SM") == true)
                let refused = output.told("refused")
                #expect(refused["kind"].text == "TwilioRestException")
                #expect(refused["status"].number == 403)
                #expect(refused["message"].text?.contains("is not permitted") == true)
                let account = stage.secrets.account
                #expect(stage.reached == ["POST /2010-04-01/Accounts/\(account)/Messages.json"])
                let records = try await stage.sidecar.settled("agent-1")
                #expect(records.first?["cost_usd"].number == 0.0133)
                #expect(stage.leaks(in: output.out + output.err) == [])
            }
        }
    }
}
