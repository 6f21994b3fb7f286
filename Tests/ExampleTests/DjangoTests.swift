import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// Django and its REST framework under gunicorn: a key for each request, from a middleware.
    @Suite struct `Django with a key for each request` {
        @Test func `starts with the README's second command`() async throws {
            try await Started.play("django") { started in
                try await Port.opened(started.app.port, by: started.app.child)
                let answer = try await Shop.charge(started.app, "ada", 1500)
                #expect(answer.status == 200, "\(answer) \(started.app.child.said)")
            }
        }

        @Test func `charges from a view, a serializer and a viewset, each with a key of its own`() async throws {
            try await Shop.play { example, app in
                for path in ["/tools/charge", "/tools/payments/"] {
                    let answer = try await Shop.charge(app, "ada", 1500, path: path)
                    #expect([200, 201].contains(answer.status), "\(answer) \(app.child.said)")
                    #expect(answer.json["customer"].text == "cus_ada")
                }
                let listed = try await app.get("/tools/payments/", ["X-User: ada"])
                #expect(listed.json.items.map { $0["amount_cents"].number } == [1500, 1500], "\(listed)")
                try await givenBack(example, 3)
                #expect(
                    example.reached == [
                        "POST /v1/payment_intents", "POST /v1/payment_intents",
                        "GET /v1/payment_intents?customer=cus_ada",
                    ])
            }
        }

        /// All keys that there ever were are revoked.
        private func givenBack(_ example: Example, _ count: Int) async throws {
            let keys = try await example.sidecar.ask("GET", "/v1/keys?limit=1000").json["keys"].items
            #expect(keys.count == count)
            #expect(keys.allSatisfy { $0["status"].text == "revoked" }, "\(keys)")
            #expect(Set(keys.map { $0["id"].text }).count == count)
        }

        @Test func `tells the agent of a key that is refused`() async throws {
            try await Shop.play { example, app in
                let other = try await Shop.charge(app, "eve", 1500, customer: "cus_ada")
                #expect((other.status, other.json["error"].text) == (403, "field_not_allowed"))
                _ = try await example.sidecar.command(["stop", "tag.user=eve", "--reason", "loops"])
                let stopped = try await Shop.charge(app, "eve", 1500)
                #expect((stopped.status, stopped.json["error"].text) == (403, "stopped"), "\(stopped)")
                #expect(stopped.json["message"].text?.contains("stop") == true)
                #expect(example.reached.isEmpty)
                try await givenBack(example, 1)
            }
        }

        @Test func `tells the agent of a cap, of its request or of its user`() async throws {
            try await Shop.play { example, app in
                let dear = try await Shop.charge(app, "ada", 2001)
                #expect((dear.status, dear.json["error"].text) == (402, "spend_cap_reached"))
                for _ in 1...2 { #expect(try await Shop.charge(app, "ada", 2000).status == 200) }
                let more = try await Shop.charge(app, "ada", 1001)
                #expect((more.status, more.json["error"].text) == (402, "spend_cap_reached"))
                #expect(more.json["message"].text?.contains("$50.00") == true, "\(more)")
                #expect(try await Shop.charge(app, "ada", 1000).status == 200)
                #expect(example.vendor.accepted.map(\.amount) == [2000, 2000, 1000])
            }
        }

        @Test func `tells the agent that the vault is down, and goes on when it is back`() async throws {
            try await Shop.play { example, app in
                await example.sidecar.stop()
                let down = try await Shop.charge(app, "ada", 1500)
                #expect((down.status, down.json["error"].text) == (503, "vault_unavailable"), "\(down)")
                #expect(try await app.get("/health").status == 200)
                try await example.sidecar.start()
                #expect(try await Shop.charge(app, "ada", 1500).status == 200)
            }
        }

        @Test func `passes on what Stripe itself refuses, and gives the key back`() async throws {
            try await Shop.play { example, app in
                let declined = try await Shop.charge(app, "ada", 402)
                #expect((declined.status, declined.json["error"].text) == (402, "card_declined"), "\(declined)")
                #expect(try await Shop.charge(app, "ada", 1).status == 400)
                try await givenBack(example, 2)
            }
        }
    }
}

/// The shop of `Examples/django`.
enum Shop {
    static func play(_ body: (Example, AppServer) async throws -> Void) async throws {
        try await Example.play("django", secrets: ["SHOP_SECRET"]) { example in
            let app = try await example.serve(
                "gunicorn", ["shop.wsgi", "--workers", "4", "--bind", "127.0.0.1:{port}"])
            try await body(example, app)
        }
    }

    static func charge(
        _ app: AppServer, _ user: String, _ cents: Int, customer: String? = nil, path: String = "/tools/charge"
    ) async throws -> Wire.Answer {
        var content: [String: JSON] = ["amount_cents": .number(Double(cents))]
        content["customer"] = customer.map(JSON.string)
        return try await app.post(path, .object(content), ["X-User: \(user)"])
    }
}
