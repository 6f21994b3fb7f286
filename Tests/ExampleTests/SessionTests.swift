import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// The same Django with a key that its server-side session keeps.
    @Suite struct `Django with a key for each session` {
        private func play(_ body: (Example, AppServer) async throws -> Void) async throws {
            try await Example.play("django", secrets: ["SHOP_SECRET"]) { example in
                let app = try await example.serve(
                    "gunicorn", ["shop.wsgi", "--workers", "4", "--bind", "127.0.0.1:{port}"],
                    more: ["SHOP_KEY_PER": "session"])
                try await body(example, app)
            }
        }

        private func charge(
            _ app: AppServer, _ user: String, _ cents: Int, cookie: String? = nil
        ) async throws -> Wire.Answer {
            let fields = ["X-User: \(user)"] + (cookie.map { ["Cookie: \($0)"] } ?? [])
            return try await app.post("/tools/charge", ["amount_cents": .number(Double(cents))], fields)
        }

        private func cookie(_ answer: Wire.Answer) throws -> String {
            let lines = answer.head.split(separator: "\r\n")
            let line = try #require(lines.first { $0.lowercased().hasPrefix("set-cookie:") }, "\(answer)")
            return String(line.dropFirst("set-cookie:".count).prefix { $0 != ";" }).trimmingCharacters(in: .whitespaces)
        }

        private func keys(_ example: Example) async throws -> [JSON] {
            try await example.sidecar.ask("GET", "/v1/keys?limit=1000").json["keys"].items
        }

        @Test func `orders one key, whose cap is the session's`() async throws {
            try await play { example, app in
                let first = try await charge(app, "ada", 900)
                #expect(first.status == 200, "\(first) \(app.child.said)")
                let session = try cookie(first)
                #expect(!first.head.contains("vault_key") && !first.content.contains("vault_key"))
                #expect(try await charge(app, "ada", 900, cookie: session).status == 200)
                let capped = try await charge(app, "ada", 900, cookie: session)
                #expect((capped.status, capped.json["error"].text) == (402, "spend_cap_reached"), "\(capped)")
                #expect(try await keys(example).map { $0["spent_usd"].number } == [18])
            }
        }

        @Test func `no session has another's key, nor has another user of the same session`() async throws {
            try await play { example, app in
                let session = try cookie(try await charge(app, "ada", 900))
                #expect(try await charge(app, "ada", 900).status == 200)
                let other = try await charge(app, "eve", 900, cookie: session)
                #expect(other.json["customer"].text == "cus_eve", "\(other)")
                let owners = try await keys(example).compactMap { $0["tags"]["user"].text }
                #expect(owners.sorted() == ["ada", "ada", "eve"])
            }
        }

        @Test func `orders another when an operator revoked it, and none for who is stopped`() async throws {
            try await play { example, app in
                let session = try cookie(try await charge(app, "ada", 100))
                let key = try #require(try await keys(example).first?["id"].text)
                #expect(try await example.sidecar.ask("DELETE", "/v1/keys/\(key)").status < 300)
                let revoked = try await charge(app, "ada", 100, cookie: session)
                #expect((revoked.status, revoked.json["error"].text) == (403, "vault_key_revoked"), "\(revoked)")
                #expect(try await charge(app, "ada", 100, cookie: session).status == 200)
                _ = try await example.sidecar.command(["stop", "tag.user=ada", "--reason", "loops"])
                let stopped = try await charge(app, "ada", 100, cookie: session)
                #expect((stopped.status, stopped.json["error"].text) == (403, "stopped"), "\(stopped)")
                #expect(example.vendor.accepted.count == 2)
            }
        }
    }
}
