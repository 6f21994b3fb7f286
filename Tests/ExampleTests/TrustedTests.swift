import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// Django on Stripe's own SDK, as a trusted program: it names runs, or shows keys, and its views know of neither.
    @Suite struct `Django with Stripe's SDK as it is` {
        static let paths = ["/tools/charge", "/keyed/charge"]

        /// The app in the environment that `cofferdam env --trusted` writes.
        private func play(_ body: (Example, AppServer) async throws -> Void) async throws {
            try await Example.play("trusted", secrets: ["SHOP_SECRET"]) { example in
                let files = example.folder.path + "/env"
                let wrote = try await example.sidecar.command(["env", "--trusted", "shop", "--write", files])
                try #require(wrote.status == 0, "\(wrote)")
                #expect(!wrote.out.contains(example.variables["SHOP_SECRET"] ?? "?"))
                let gunicorn = "'\(try Machine.example("gunicorn"))' shop.wsgi --workers 4 --bind 127.0.0.1:{port}"
                let app = try await example.serve(
                    "/bin/sh", ["-c", ". '\(files)/agent.sh' && exec \(gunicorn)"])
                try await body(example, app)
            }
        }

        @Test(arguments: paths)
        func `starts with the README's second command`(_ path: String) async throws {
            try await Started.play("trusted") { started in
                try await Port.opened(started.app.port, by: started.app.child)
                let answer = try await Shop.charge(started.app, "ada", 1500, path: path)
                #expect(answer.status == 200, "\(answer) \(started.app.child.said)")
            }
        }

        @Test func `is given its own secret and no run, and only if it is in the configuration`() async throws {
            try await Example.play("trusted", secrets: ["SHOP_SECRET"]) { example in
                let written = try await example.sidecar.command(["env", "--trusted", "shop", "--format", "dotenv"])
                let secret = try #require(example.variables["SHOP_SECRET"])
                #expect(written.out.contains("SHOP_SECRET=\(secret)"), "\(written)")
                #expect(written.out.contains("HTTPS_PROXY=http://shop:\(secret)@127.0.0.1:"))
                #expect(!written.out.contains("RUN_ID"))
                let unknown = try await example.sidecar.command(["env", "--trusted", "shops"])
                #expect(unknown.status == 64)
                #expect(unknown.err.contains("there is no trusted program \"shops\""), "\(unknown)")
            }
        }

        @Test func `runs are capped, users have budgets, and everybody charges own customers`() async throws {
            try await play { example, app in
                for path in Self.paths {
                    let answer = try await Shop.charge(app, "ada", 1500, path: path)
                    #expect(answer.status == 200, "\(path) \(answer) \(app.child.said)")
                    #expect(answer.json["customer"].text == "cus_ada")
                    let other = try await Shop.charge(app, "ada", 500, customer: "cus_bob", path: path)
                    #expect((other.status, other.json["error"].text) == (403, "field_not_allowed"), "\(other)")
                    let dear = try await Shop.charge(app, "ada", 2001, path: path)
                    #expect((dear.status, dear.json["error"].text) == (402, "cap_exhausted"), "\(dear)")
                    #expect(dear.json["message"].text?.contains("$20.00") == true, "\(dear)")
                }
                #expect(try await Shop.charge(app, "ada", 1900).status == 200)
                let user = try await Shop.charge(app, "ada", 200)
                #expect((user.status, user.json["error"].text) == (402, "cap_exhausted"), "\(user)")
                #expect(example.vendor.accepted.map(\.amount) == [1500, 1500, 1900])
            }
        }

        @Test func `the sidecar knows whose each request is, and stops one of them`() async throws {
            try await play { example, app in
                let fields = ["X-User: ada", "X-Agent-Run-Id: 7"]
                for _ in 1...2 {
                    #expect(try await app.post("/tools/charge", ["amount_cents": 100], fields).status == 200)
                }
                let records = try await example.sidecar.settled("shop-ada-7")
                #expect(records.map { $0["tags"]["user"].text } == ["ada", "ada"])
                #expect(Set(records.compactMap { $0["key_id"].text }).count == 1)
                _ = try await example.sidecar.command(["stop", "run=shop-ada-7", "--reason", "loops"])
                let stopped = try await app.post("/tools/charge", ["amount_cents": 100], fields)
                #expect((stopped.status, stopped.json["error"].text) == (403, "run_revoked"), "\(stopped)")
                #expect(try await Shop.charge(app, "ada", 100).status == 200)
                #expect(try await Shop.charge(app, "bob", 100).status == 200)
            }
        }

        @Test func `users at once are never taken for each other`() async throws {
            try await play { example, app in
                let calls = try await withThrowingTaskGroup(of: (String, Wire.Answer).self) { group in
                    for number in 1...20 {
                        for path in Self.paths {
                            group.addTask {
                                ("user\(number)", try await Shop.charge(app, "user\(number)", 100 + number, path: path))
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                for (user, answer) in calls {
                    #expect(answer.status == 200, "\(answer)")
                    #expect(answer.json["customer"].text == "cus_\(user)")
                }
                #expect(example.vendor.accepted.count == 40)
            }
        }

        @Test(arguments: paths)
        func `says that the vault is down`(_ path: String) async throws {
            try await play { example, app in
                await example.sidecar.stop()
                let down = try await Shop.charge(app, "ada", 100, path: path)
                #expect((down.status, down.json["error"].text) == (503, "vault_unavailable"), "\(down)")
            }
        }
    }
}
