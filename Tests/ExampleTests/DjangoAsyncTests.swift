import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// Django's asynchronous views under uvicorn, with httpx.
    @Suite struct `Django with asynchronous views` {
        private func play(workers: Int = 2, _ body: (Example, AppServer) async throws -> Void) async throws {
            try await Example.play("django-async", secrets: ["SHOP_SECRET"]) { example in
                let app = try await example.serve(
                    "uvicorn", ["shop.asgi:application", "--workers", "\(workers)", "--port", "{port}"])
                // Only its workers serve; the first of them has been listening since before they were there.
                try await eventually("workers are up: \(app.child.said)") {
                    app.child.said.components(separatedBy: "Application startup complete").count > workers
                }
                try await body(example, app)
            }
        }

        private func cents(_ cents: [Int]) -> JSON { ["cents": .list(cents.map { .number(Double($0)) })] }

        /// All keys that there ever were are revoked.
        private func givenBack(_ example: Example, _ count: Int, within seconds: Int = 60) async throws {
            try await eventually("\(count) keys are given back", within: .seconds(seconds)) {
                let keys = try await example.sidecar.ask("GET", "/v1/keys?limit=1000").json["keys"].items
                return keys.count == count && keys.allSatisfy { $0["status"].text == "revoked" }
            }
        }

        @Test func `starts with the README's second command`() async throws {
            try await Started.play("django-async") { started in
                try await Port.opened(started.app.port, by: started.app.child)
                let answer = try await Shop.charge(started.app, "ada", 1500)
                #expect(answer.status == 200, "\(answer) \(started.app.child.said)")
            }
        }

        @Test func `serve many users at once in one process, each with an own key`() async throws {
            try await play(workers: 1) { example, app in
                // While the vendor thinks, the others' requests arrive there too: one at a time would take 80 s.
                example.vendor.divert { _ in Diversion("/_test/slow-head?ms=4000", acts: true) }
                let answers = Task {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for user in 1...20 {
                            group.addTask { _ = try await Shop.charge(app, "user\(user)", 100 + user) }
                        }
                        try await group.waitForAll()
                    }
                }
                try await eventually("all are at the vendor: \(app.child.said)") {
                    example.vendor.counts.requests == 20
                }
                try await answers.value
                let sent = Set(example.vendor.requests.map(\.text))
                #expect(sent == Set((1...20).map { "amount=\(100 + $0)&currency=usd&customer=cus_user\($0)" }))
                try await givenBack(example, 20)
            }
        }

        @Test func `payments at once under one key meet one cap`() async throws {
            try await play { example, app in
                let answer = try await app.post(
                    "/tools/charge-all", cents([601, 602, 603, 604, 605, 606]), ["X-User: ada"])
                let outcomes = answer.json["outcomes"].items.compactMap(\.text)
                #expect(outcomes.filter { $0.hasPrefix("pi_") }.count == 3, "\(answer)")
                #expect(outcomes.filter { $0.contains("Daily cap of $20.00") }.count == 3)
                #expect(example.vendor.accepted.count == 3)
                try await givenBack(example, 1)
            }
        }

        @Test func `a stream has a key until its end`() async throws {
            try await play { example, app in
                let answer = try await app.post("/streams/charge-each", cents([900, 901, 902, 903]), ["X-User: ada"])
                let lines = answer.content.split(separator: "\n")
                #expect(lines.count == 3, "\(answer)")
                #expect(lines.last?.contains("Daily cap of $20.00") == true)
                #expect(example.vendor.accepted.count == 2)
                try await givenBack(example, 1)
            }
        }

        @Test func `a client that hangs up ends its stream, and the key is given back`() async throws {
            try await play { example, app in
                // The vendor never answers, and the app's own patience is 30 s.
                example.vendor.divert { _ in Diversion("/_test/hang") }
                let order = cents([100, 200]).encoded
                let url = "http://127.0.0.1:\(app.port)/streams/charge-each"
                let client = try example.launch(
                    try Machine.find("curl"), ["-sN", "-H", "X-User: ada", "--data", order, url])
                try await eventually("the vendor is asked: \(app.child.said)") { example.vendor.counts.requests > 0 }
                await client.stop(SIGKILL)
                try await givenBack(example, 1, within: 20)
                // In order it would wait for the charge that the vendor never answers.
                await example.sidecar.stop(SIGKILL)
            }
        }

        @Test func `say that the vault is down, and who is stopped`() async throws {
            try await play { example, app in
                _ = try await example.sidecar.command(["stop", "tag.user=eve", "--reason", "loops"])
                let stopped = try await Shop.charge(app, "eve", 1500)
                #expect((stopped.status, stopped.json["error"].text) == (403, "stopped"), "\(stopped)")
                await example.sidecar.stop()
                let down = try await Shop.charge(app, "ada", 1500)
                #expect((down.status, down.json["error"].text) == (503, "vault_unavailable"), "\(down)")
            }
        }
    }
}
