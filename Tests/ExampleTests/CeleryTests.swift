import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// Django, a Redis broker and a Celery worker: a key for each attempt of a task.
    @Suite struct `Celery with a key for each attempt` {
        /// Broker, worker and web server; the first retry comes after so many seconds.
        private func play(retry: Double = 0.1, _ body: (Example, AppServer) async throws -> Void) async throws {
            try await Example.play("celery", secrets: ["SHOP_SECRET"]) { example in
                let port = try Port.free()
                let redis = try example.launch(
                    try Machine.find("redis-server"), ["--port", "\(port)", "--bind", "127.0.0.1", "--save", ""])
                try await Port.opened(port, by: redis)
                let more = ["REDIS_URL": "redis://127.0.0.1:\(port)/0", "BILLING_RETRY_S": "\(retry)"]
                let worker = try example.start(
                    "celery", ["--app", "shop", "worker", "--concurrency", "2", "--loglevel", "info"], more: more)
                let app = try await example.serve(
                    "gunicorn", ["shop.wsgi", "--bind", "127.0.0.1:{port}"], more: more)
                try await worker.says("ready.")
                try await body(example, app)
            }
        }

        private func begin(_ app: AppServer, _ batch: String, _ customers: [String], _ cents: Int = 1000) async throws
            -> String
        {
            let content: JSON = [
                "batch": .string(batch), "customers": .list(customers.map(JSON.string)),
                "amount_cents": .number(Double(cents)),
            ]
            let answer = try await app.post("/bills", content)
            return try #require(answer.json["task"].text, "\(answer) \(app.child.said)")
        }

        /// What became of it, once that is known.
        private func ended(_ app: AppServer, _ task: String) async throws -> JSON {
            var told = JSON.null
            try await eventually("the end of the task: \(told)", within: .seconds(60)) {
                told = try await app.get("/bills/\(task)").json
                return ["SUCCESS", "FAILURE"].contains(told["state"].text)
            }
            return told
        }

        /// As many as told, all of them revoked.
        private func keys(_ example: Example, _ count: Int) async throws -> [JSON] {
            let keys = try await example.sidecar.ask("GET", "/v1/keys?limit=1000").json["keys"].items
            #expect(keys.count == count)
            #expect(keys.allSatisfy { $0["status"].text == "revoked" }, "\(keys)")
            return keys
        }

        @Test func `starts with the README's second command`() async throws {
            try await Started.play("celery", more: ["REDIS_PORT": "\(try Port.free())"]) { started in
                try await Port.opened(started.app.port, by: started.app.child)
                let told = try await ended(started.app, try await begin(started.app, "nov", ["cus_1"]))
                #expect(told["state"].text == "SUCCESS", "\(told) \(started.app.child.said)")
            }
        }

        @Test func `a task orders its key and gives it back, whether it succeeds or fails`() async throws {
            try await play { example, app in
                let done = try await ended(app, try await begin(app, "nov", ["cus_1", "cus_2", "cus_3"]))
                #expect(done["payments"].items.compactMap(\.text) == example.vendor.accepted.map(\.id), "\(done)")
                #expect(done["payments"].items.count == 3)
                // $30 of $100 are spent: a second task of the batch meets the cap, and is not tried again.
                let capped = try await ended(app, try await begin(app, "nov", ["cus_4", "cus_5"], 4000))
                #expect(capped["state"].text == "FAILURE")
                #expect(capped["error"].text?.contains("Total cap of $100.00") == true, "\(capped)")
                #expect(example.vendor.accepted.map(\.amount) == [1000, 1000, 1000, 4000])
                _ = try await keys(example, 2)
            }
        }

        @Test func `a retry has a new key and the old idempotency keys, and charges nobody twice`() async throws {
            try await play { example, app in
                // Stripe charges the second customer, and the answer is lost on its way.
                example.vendor.divert { request in
                    request.number == 2 ? Diversion("/_test/cut?after=10", acts: true) : nil
                }
                let done = try await ended(app, try await begin(app, "nov", ["cus_1", "cus_2", "cus_3"]))
                #expect(done["state"].text == "SUCCESS", "\(done)")
                #expect(done["payments"].items.compactMap(\.text) == example.vendor.accepted.map(\.id))
                let sent = example.vendor.requests.compactMap { request in
                    request.fields.first { $0.name.lowercased() == "idempotency-key" }?.value
                }
                #expect(sent.count == 5, "\(sent)")
                #expect(Set(sent).count == 3)
                let labels = try await keys(example, 2).map { $0["label"].text }
                #expect(labels == ["bill-nov", "bill-nov"])
                let spent = try await example.sidecar.ask("GET", "/v1/spend").json["total"]
                #expect(Double(spent["spent_usd"].text ?? "") == 30, "\(spent)")
                #expect(Double(spent["in_doubt_usd"].text ?? "") == 0, "\(spent)")
            }
        }

        @Test func `waits for the vault`() async throws {
            try await play(retry: 3) { example, app in
                await example.sidecar.stop()
                let task = try await begin(app, "nov", ["cus_1"])
                try await eventually("a retry is due") {
                    try await app.get("/bills/\(task)").json["state"].text == "RETRY"
                }
                try await example.sidecar.start()
                let done = try await ended(app, task)
                #expect(done["state"].text == "SUCCESS", "\(done)")
                _ = try await keys(example, 1)
            }
        }

        @Test func `tasks at once have each their own key`() async throws {
            try await play { example, app in
                var tasks: [String] = []
                for batch in 1...6 { tasks.append(try await begin(app, "batch\(batch)", ["cus_\(batch)"])) }
                for task in tasks { #expect(try await ended(app, task)["state"].text == "SUCCESS") }
                let labels = try await keys(example, 6).compactMap { $0["label"].text }
                #expect(Set(labels).count == 6)
                #expect(example.vendor.accepted.count == 6)
            }
        }
    }
}
