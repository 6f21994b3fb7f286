import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// Charges of $1 under a cap of $30 for each round, from many at once, and kill -9 at random moments in between.
    @Suite struct `A sidecar that is killed again and again under load` {
        /// More for the long run.
        static let rounds = ProcessInfo.processInfo.environment["COFFERDAM_ROUNDS"].flatMap { Int($0) } ?? 5
        private static let (cap, atOnce) = (30 * rounds, 12)

        @Test func `passes no cap, and loses sight of no money`() async throws {
            let policies = Stage.policies.replacing("daily_usd_cap: 50", with: "daily_usd_cap: \(Self.cap)")
            try await Stage.play(policies: policies) { stage in
                let secret = try await stage.sidecar.register("agent-1")
                for round in 1...Self.rounds {
                    async let load: Void = charge(stage, secret, each: 4)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 5..<250)))
                    await stage.sidecar.stop(SIGKILL)
                    await load
                    try await stage.sidecar.start()
                    let books = try await books(stage)
                    let taken = stage.vendor.accepted.count
                    #expect(taken <= books.spent + books.inDoubt && books.held == 0, "round \(round): \(books)")
                    #expect(books.spent <= taken && books.spent + books.inDoubt <= Self.cap, "round \(round): \(books)")
                }
                try await useUp(stage, secret)
            }
        }

        /// Without a fault the rest of the cap goes to the cent.
        private func useUp(_ stage: Stage, _ secret: String) async throws {
            let before = (books: try await books(stage), taken: stage.vendor.accepted.count)
            await charge(stage, secret, each: Self.cap / Self.atOnce + 2)
            let room = Self.cap - before.books.spent - before.books.inDoubt
            #expect(stage.vendor.accepted.count - before.taken == room, "\(before)")
            try await eventually("all settled") {
                let books = try await self.books(stage)
                return books.held == 0 && books.spent + books.inDoubt == Self.cap
            }
            let audit = try await stage.sidecar.command(["audit", "verify"])
            #expect(audit.status == 0, "\(audit)")
        }

        /// So many at once, each so often; whatever is answered, and whether it is.
        private func charge(_ stage: Stage, _ secret: String, each: Int) async {
            let fields = [
                "Authorization: Bearer \(secret)", "Content-Type: application/x-www-form-urlencoded",
            ]
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.atOnce {
                    group.addTask {
                        for _ in 0..<each {
                            _ = try? await Wire.ask(
                                stage.sidecar.proxyPort, "POST", "/stripe/v1/payment_intents", fields,
                                "amount=100&currency=usd")
                        }
                    }
                }
            }
        }

        private struct Books { var spent, held, inDoubt: Int }

        /// In dollars, of everything at Stripe.
        private func books(_ stage: Stage) async throws -> Books {
            let total = try await stage.sidecar.ask("GET", "/v1/spend?since=7d").json["total"]
            func dollars(_ name: String) -> Int { total[name].text.flatMap { Double($0) }.map { Int($0) } ?? -1 }
            return Books(
                spent: dollars("spent_usd"), held: dollars("held_usd"), inDoubt: dollars("in_doubt_usd"))
        }
    }
}
