import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// A management command of Django which fans out over processes.
    @Suite struct `A management command` {
        private static let users = (1...8).map { "user\($0)" }

        private func chargeAll(_ example: Example, _ arguments: [String]) async throws -> Child.Output {
            try await example.start("python", ["manage.py", "charge_all"] + arguments).output()
        }

        private func play(_ body: (Example) async throws -> Void) async throws {
            try await Example.play("django", secrets: ["SHOP_SECRET"], body)
        }

        @Test func `has a key for each process`() async throws {
            try await play { example in
                let output = try await chargeAll(example, Self.users + ["--cents", "600", "--processes", "4"])
                #expect(output.status == 0, "\(output)")
                #expect(output.out.split(separator: "\n").count == 8)
                let keys = try await example.sidecar.ask("GET", "/v1/keys").json["keys"].items
                #expect(keys.map { $0["spent_usd"].number } == [12, 12, 12, 12], "\(keys)")
                #expect(keys.allSatisfy { $0["status"].text == "revoked" })
                let charged = example.vendor.requests.map(\.text).sorted()
                #expect(charged == Self.users.map { "amount=600&currency=usd&customer=cus_\($0)" })
            }
        }

        @Test func `has a cap for each process, and a budget for all of them`() async throws {
            try await play { example in
                let capped = try await chargeAll(example, Self.users + ["--cents", "600", "--cap", "10"])
                #expect(capped.status == 1)
                #expect(capped.err.contains("4 of 8 were not charged"), "\(capped)")
                #expect(capped.out.split(separator: "\n").filter { $0.contains("Daily cap of $10.00") }.count == 4)
                // $24 of $50 are spent: four more of $6 fit, whichever process is first.
                let rest = try await chargeAll(example, Self.users + ["--cents", "600"])
                #expect(rest.err.contains("4 of 8 were not charged"), "\(rest)")
                #expect(rest.out.contains("Daily cap of $50.00 for budget users (nightly)"), "\(rest)")
                #expect(example.vendor.accepted.count == 8)
            }
        }

        @Test func `goes on in the other processes when one is stopped`() async throws {
            try await play { example in
                let stop = try await example.sidecar.command(["stop", "label=shop-nightly-*-0", "--reason", "loops"])
                #expect(stop.status == 0, "\(stop)")
                let output = try await chargeAll(example, Self.users + ["--cents", "600"])
                #expect(output.err.contains("2 of 8 were not charged"), "\(output)")
                #expect(example.vendor.accepted.count == 6)
            }
        }
    }
}
