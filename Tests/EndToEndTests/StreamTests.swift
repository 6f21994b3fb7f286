import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    @Suite struct `Long answers` {
        private func python(_ script: String, _ arguments: String...) throws -> [String] {
            [try Machine.python(), Machine.script(script)] + arguments
        }

        @Test func `come event by event`() async throws {
            let command = try python("events.py", "https://api.acme.example/_test/sse?events=5&every_ms=200")
            try await Stage.play { stage in
                let output = try await stage.sidecar.run("agent-1", command)
                let times = output.told("events")["after_first"].items.compactMap(\.number)
                try #require(times.count == 5, "\(output)")
                // Held back until the end, all of them would come at once; a busy machine may hold the first one back.
                #expect(times[4] > 0.3)
            }
        }

        @Test func `end at the origin when the client hangs up`() async throws {
            try await Stage.play { stage in
                let url = "https://api.acme.example/_test/sse-forever?every_ms=20"
                let child = try stage.sidecar.start("agent-1", ["curl", "-sN", url])
                try await child.says("\"n\":3")
                #expect(stage.vendor.counts.open == 1)
                child.send(SIGTERM)
                #expect(await child.output().status == 128 + SIGTERM)
                await stage.vendor.wait { $0.open == 0 }
                #expect(stage.vendor.counts.requests == 1)
            }
        }

        @Test(arguments: ["cut?after=100&of=1000", "cut-chunked?after=100", "cut?after=100&of=1000&how=rst"])
        func `that the origin cuts are cut for the client too`(_ behaviour: String) async throws {
            let url = "https://api.acme.example/_test/" + behaviour
            let command = try python("cut.py", url)
            try await Stage.play { stage in
                let curl = try await stage.sidecar.run("agent-1", ["curl", "-sS", "-o", "got", url])
                #expect(curl.status == 18, "CURLE_PARTIAL_FILE: \(curl)")
                let requests = try await stage.sidecar.run("agent-1", command)
                let kind = requests.told("cut")["kind"].text
                #expect(["ChunkedEncodingError", "ConnectionError"].contains(kind), "\(requests)")
            }
        }

        /// Python writes head and content apart: an acknowledgement that is held back stalls every POST for 40 ms.
        @Test func `and short ones come without a stall`() async throws {
            let command = try python("posts.py", "https://api.stripe.com/v1/payment_intents", "30")
            try await Stage.play { stage in
                let output = try await stage.sidecar.run("agent-1", command)
                let times = output.told("posts")["milliseconds"].items.compactMap(\.number).sorted()
                try #require(times.count == 30, "\(output)")
                #expect(times[15] < 20, "\(times)")
            }
        }
    }
}
