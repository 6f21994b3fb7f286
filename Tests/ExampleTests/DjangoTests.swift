import Foundation
import Harness
import Testing

extension ExampleTests {
    /// Django and its REST framework under gunicorn: a key for each request, from a middleware.
    @Suite struct `Django with a key for each request` {
        private func play(_ body: (Example, AppServer) async throws -> Void) async throws {
            try await Example.play("django", secrets: ["SHOP_SECRET"]) { example in
                let app = try await example.serve(
                    "gunicorn", ["shop.wsgi", "--workers", "4", "--bind", "127.0.0.1:{port}"])
                try await body(example, app)
            }
        }

        private func charge(
            _ app: AppServer, _ user: String, _ cents: Int, customer: String? = nil, path: String = "/tools/charge"
        ) async throws -> Wire.Answer {
            let content: JSON = ["amount_cents": .number(Double(cents))]
            return try await app.post(path, content, ["X-User: \(user)"])
        }

        @Test func `charges`() async throws {
            try await play { example, app in
                let answer = try await charge(app, "ada", 1500)
                #expect(answer.status == 200, "\(answer) \(app.child.said)")
            }
        }
    }
}
