import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// A Django of several tenants: tags from labels, a budget for each tenant and each of its users.
    @Suite struct `Django with tenants` {
        private func play(_ body: (Example, AppServer) async throws -> Void) async throws {
            try await Example.play("tenants", secrets: ["SHOP_SECRET"]) { example in
                try await body(
                    example,
                    try await example.serve(
                        "gunicorn", ["shop.wsgi", "--workers", "4", "--bind", "127.0.0.1:{port}"]))
            }
        }

        private func charge(
            _ app: AppServer, _ tenant: String, _ user: String, _ dollars: Int, customer: String? = nil
        ) async throws -> Wire.Answer {
            var content: [String: JSON] = ["amount_cents": .number(Double(dollars) * 100)]
            content["customer"] = customer.map(JSON.string)
            return try await app.post(
                "/tools/charge", .object(content), ["Host: \(tenant).localhost", "X-User: \(user)"])
        }

        @Test func `starts with the README's second command`() async throws {
            try await Started.play("tenants") { started in
                try await Port.opened(started.app.port, by: started.app.child)
                let answer = try await charge(started.app, "acme", "ada", 15)
                #expect(answer.status == 200, "\(answer) \(started.app.child.said)")
            }
        }

        @Test func `each user and each tenant has a budget, whatever keys they had`() async throws {
            try await play { example, app in
                #expect(try await charge(app, "acme", "ada", 100).json["remaining_usd"].text == "50.00")
                // $150 for a user.
                let user = try await charge(app, "acme", "ada", 51)
                #expect((user.status, user.json["error"].text) == (402, "cap_exhausted"), "\(user)")
                #expect(try await charge(app, "acme", "bob", 100).json["remaining_usd"].text == "0.00")
                // $200 for a tenant; $1000 for one with an override; another's user of that name is another.
                let tenant = try await charge(app, "acme", "cyd", 1)
                #expect((tenant.status, tenant.json["error"].text) == (402, "cap_exhausted"), "\(tenant)")
                for name in ["ada", "bob", "cyd"] { #expect(try await charge(app, "initech", name, 100).status == 200) }
                #expect(example.vendor.accepted.map(\.amount) == [10_000, 10_000, 10_000, 10_000, 10_000])
            }
        }

        @Test func `a plan bounds operations, and a key bounds the customer`() async throws {
            try await play { example, app in
                let plan = try await charge(app, "globex", "gus", 10)
                #expect((plan.status, plan.json["error"].text) == (403, "endpoint_not_allowed"), "\(plan)")
                let other = try await charge(app, "acme", "ada", 10, customer: "cus_acme_bob")
                #expect((other.status, other.json["error"].text) == (403, "field_not_allowed"), "\(other)")
                #expect(try await charge(app, "evil", "ada", 10).status == 404)
                // It could be read in two ways, and so would count for somebody else.
                let ambiguous = try await charge(app, "acme", "ada-x", 10)
                #expect(ambiguous.status == 403, "\(ambiguous)")
                #expect(example.reached.isEmpty)
            }
        }

        @Test func `what a tenant spent is told to the operator, and to the tenant`() async throws {
            try await play { example, app in
                for (tenant, dollars) in [("acme", 30), ("acme", 12), ("initech", 7)] {
                    #expect(try await charge(app, tenant, "ada", dollars).status == 200)
                }
                let told = try await example.sidecar.command(["spend", "--by", "tag.tenant", "--json"])
                let groups = try #require(JSON(told.out)?["groups"].items, "\(told)")
                #expect(groups.map { $0["tag.tenant"].text } == ["acme", "initech"])
                #expect(groups.compactMap { Double($0["spent_usd"].text ?? "") } == [42, 7])
                for (tenant, dollars) in [("acme", 42.0), ("initech", 7), ("globex", 0)] {
                    let spend = try await app.get("/spend", ["Host: \(tenant).localhost"])
                    #expect(spend.json["spent_usd"].number == dollars, "\(spend)")
                }
            }
        }

        @Test func `a tenant that is stopped disturbs no other`() async throws {
            try await play { example, app in
                _ = try await example.sidecar.command(["stop", "tag.tenant=acme", "--reason", "unpaid"])
                let stopped = try await charge(app, "acme", "ada", 10)
                #expect((stopped.status, stopped.json["error"].text) == (403, "stopped"), "\(stopped)")
                #expect(try await charge(app, "initech", "ada", 10).status == 200)
            }
        }
    }
}
