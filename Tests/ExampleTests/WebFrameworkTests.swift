import Foundation
import Harness
import Testing

extension ExampleTests {
    /// Flask under gunicorn and FastAPI under uvicorn: the same program twice, with a key for each request.
    @Suite struct `A web program with a key for each request` {
        enum Framework: String, CaseIterable, CustomTestStringConvertible {
            case flask, fastapi

            var testDescription: String { rawValue }

            var command: [String] {
                switch self {
                case .flask: ["gunicorn", "app:app", "--workers", "4", "--bind", "127.0.0.1:{port}"]
                case .fastapi: ["uvicorn", "app:app", "--workers", "4", "--port", "{port}"]
                }
            }
        }

        private func play(_ framework: Framework, _ body: (Example, AppServer) async throws -> Void) async throws {
            try await Example.play(framework.rawValue, secrets: ["SHOP_SECRET"]) { example in
                let command = framework.command
                try await body(example, try await example.serve(command[0], Array(command.dropFirst())))
            }
        }

        private func charge(
            _ app: AppServer, _ user: String, _ cents: Double, of customer: String? = nil
        ) async throws -> Wire.Answer {
            try await app.post(
                "/tools/charge", ["customer": .string(customer ?? "cus_" + user), "amount_cents": .number(cents)],
                ["X-User: " + user])
        }

        private func error(_ answer: Wire.Answer) -> String { answer.json["error"].text ?? answer.content }

        /// Keys that could still be used. A key is revoked behind its answer.
        private func left(_ example: Example) async throws {
            try await eventually("every key is revoked") {
                try await example.sidecar.ask("GET", "/v1/keys?status=active").json["keys"].items.isEmpty
            }
        }

        @Test(arguments: Framework.allCases)
        func `starts as its README says`(_ framework: Framework) async throws {
            try await Started.play(framework.rawValue) { started in
                try await Port.opened(started.app.port, by: started.app.child)
                let paid = try await charge(started.app, "ada", 1500)
                #expect(paid.status == 201, "\(paid) \(started.app.child.said)")
            }
        }

        @Test(arguments: Framework.allCases)
        func `answers what was charged, and what was refused and why`(_ framework: Framework) async throws {
            try await play(framework) { example, app in
                let paid = try await charge(app, "ada", 1500)
                #expect(paid.status == 201 && paid.json["customer"].text == "cus_ada", "\(paid) \(app.child.said)")
                let seen = try await app.get(
                    "/tools/charge/" + (paid.json["id"].text ?? ""), ["X-User: ada"])
                #expect(seen.status == 200 && seen.json["amount"].number == 1500, "\(seen)")
                let other = try await charge(app, "ada", 1500, of: "cus_bob")
                #expect(other.status == 403 && error(other) == "field_not_allowed", "\(other)")
                let large = try await charge(app, "ada", 2500)
                #expect(large.status == 402 && error(large) == "spend_cap_reached", "\(large)")
                #expect(large.json["message"].text?.contains("$20.00") == true, "\(large)")
                let declined = try await charge(app, "ada", 402)
                #expect(declined.status == 402 && error(declined) == "card_declined", "\(declined)")
                #expect(example.reached.count == 3)
                try await left(example)
            }
        }

        @Test(arguments: Framework.allCases)
        func `bounds a user although each request has a fresh key`(_ framework: Framework) async throws {
            try await play(framework) { _, app in
                for _ in 1...2 { #expect(try await charge(app, "ada", 2000).status == 201) }
                let third = try await charge(app, "ada", 2000)
                #expect(third.status == 402, "\(third)")
                #expect(third.json["message"].text?.contains("budget users (ada)") == true, "\(third)")
                #expect(try await charge(app, "bob", 2000).status == 201)
            }
        }

        @Test(arguments: Framework.allCases)
        func `says 403 to a user who was stopped, and to nobody else`(_ framework: Framework) async throws {
            try await play(framework) { example, app in
                let stop = try await example.sidecar.command(["stop", "tag.user=ada", "--reason", "loops"])
                #expect(stop.status == 0, "\(stop)")
                let stopped = try await charge(app, "ada", 1500)
                #expect(stopped.status == 403 && error(stopped) == "stopped", "\(stopped)")
                #expect(try await charge(app, "bob", 1500).status == 201)
            }
        }

        @Test(arguments: Framework.allCases)
        func `says 503 while the vault is down, and works again after it`(_ framework: Framework) async throws {
            try await play(framework) { example, app in
                await example.sidecar.stop()
                let down = try await charge(app, "ada", 1500)
                #expect(down.status == 503 && error(down) == "vault_unavailable", "\(down)")
                #expect(down.head.lowercased().contains("retry-after: 60"), "\(down)")
                try await example.sidecar.start()
                #expect(try await charge(app, "ada", 1500).status == 201)
            }
        }

        @Test(arguments: Framework.allCases)
        func `keeps twenty users apart over its workers`(_ framework: Framework) async throws {
            try await play(framework) { example, app in
                let users = (1...20).map { "user\($0)" }
                try await withThrowingTaskGroup { group in
                    for (number, user) in users.enumerated() {
                        group.addTask { try await talk(app, user, 1000 + Double(number)) }
                    }
                    try await group.waitForAll()
                }
                #expect(example.reached.count == 40)
                try await left(example)
                let spend = try await example.sidecar.ask("GET", "/v1/spend?group_by=tag.user&limit=100").json
                let sums = Dictionary(
                    spend["groups"].items.map { ($0["tag.user"].text ?? "", $0["spent_usd"].text ?? "") }
                ) { $1 }
                for (number, user) in users.enumerated() {
                    #expect(sums[user] == String(format: "%.2f", (2000 + 2 * Double(number)) / 100), "\(spend)")
                }
            }
        }

        /// Two charges of one's own, and one of a neighbour's customer between them.
        private func talk(_ app: AppServer, _ user: String, _ cents: Double) async throws {
            for _ in 1...2 {
                let paid = try await charge(app, user, cents)
                #expect(paid.status == 201, "\(paid) \(app.child.said)")
                #expect(paid.json["customer"].text == "cus_" + user && paid.json["amount"].number == cents, "\(paid)")
                let other = try await charge(app, user, cents, of: "cus_user1x")
                #expect(other.status == 403, "\(other)")
            }
        }
    }
}
