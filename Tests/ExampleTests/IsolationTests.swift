import Foundation
import Harness
import Loopback
import Testing

extension ExampleTests {
    /// One Django, four workers, twenty users: what one may, pays and gets is no other's.
    @Suite struct `Twenty users at once` {
        private static let users = (1...20).map { "user\($0)" }

        /// Who asked for what, and was told what.
        private struct Call: Sendable {
            let user: String
            let cents: Int
            let answer: Wire.Answer
        }

        /// Every user charges these amounts, all at once; each amount is another.
        private func storm(_ app: AppServer, _ amounts: [Int]) async throws -> [Call] {
            try await withThrowingTaskGroup { group in
                for (index, user) in Self.users.enumerated() {
                    for amount in amounts {
                        let cents = amount + index
                        group.addTask {
                            Call(user: user, cents: cents, answer: try await Shop.charge(app, user, cents))
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }

        @Test func `each has own keys, own customers and own answers`() async throws {
            try await Shop.play { example, app in
                let calls = try await storm(app, [100, 200, 300])
                for call in calls {
                    #expect(call.answer.status == 200, "\(call) \(app.child.said)")
                    #expect(call.answer.json["customer"].text == "cus_\(call.user)")
                    #expect(call.answer.json["amount_cents"].number == Double(call.cents))
                    #expect(!call.answer.content.contains("vault_key"))
                }
                // What the vendor saw, by the object that it made.
                #expect(Set(calls.compactMap { $0.answer.json["id"].text }) == Set(example.vendor.accepted.map(\.id)))
                let sent = Set(example.vendor.requests.map(\.text))
                #expect(sent == Set(calls.map { "amount=\($0.cents)&currency=usd&customer=cus_\($0.user)" }))
                try await separate(example)
            }
        }

        /// Sixty keys for sixty requests, each of the user who asked.
        private func separate(_ example: Example) async throws {
            let records = try await example.sidecar.ask("GET", "/v1/audit?limit=1000").json["records"].items
                .filter { $0["decision"].text == "allowed" }
            #expect(records.count == 60)
            #expect(Set(records.compactMap { $0["key_id"].text }).count == 60)
            for record in records {
                let user = record["tags"]["user"].text ?? "?"
                #expect(record["label"].text?.hasPrefix("shop-\(user)-") == true, "\(record)")
            }
            let groups = try await example.sidecar.ask("GET", "/v1/spend?group_by=tag.user").json["groups"].items
            let spent = Dictionary(groups.map { ($0["tag.user"].text, Double($0["spent_usd"].text ?? "")) }) { $1 }
            for (index, user) in Self.users.enumerated() { #expect(spent[user] == Double(600 + 3 * index) / 100) }
        }

        @Test func `nobody charges another's customer`() async throws {
            try await Shop.play { example, app in
                let answers = try await withThrowingTaskGroup(of: (Bool, Wire.Answer).self) { group in
                    for (index, user) in Self.users.enumerated() {
                        let honest = index % 2 == 0
                        let customer = honest ? "cus_\(user)" : "cus_\(Self.users[index - 1])"
                        group.addTask {
                            (honest, try await Shop.charge(app, user, 500, customer: customer))
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                for (honest, answer) in answers {
                    #expect(answer.status == (honest ? 200 : 403), "\(answer)")
                    if !honest { #expect(answer.json["error"].text == "field_not_allowed") }
                }
                #expect(example.vendor.accepted.count == 10)
                #expect(example.reached.count == 10)
            }
        }

        @Test func `one who is stopped disturbs no other`() async throws {
            try await Shop.play { example, app in
                let stop = try await example.sidecar.command(["stop", "tag.user=user7", "--reason", "loops"])
                #expect(stop.status == 0, "\(stop)")
                for call in try await storm(app, [100, 200]) {
                    let stopped = call.user == "user7"
                    #expect(call.answer.status == (stopped ? 403 : 200), "\(call)")
                    if stopped { #expect(call.answer.json["error"].text == "stopped") }
                }
                #expect(!example.vendor.requests.contains { $0.text.contains("cus_user7") })
            }
        }

        @Test func `a user's budget holds although each request has a fresh key`() async throws {
            try await Shop.play { example, app in
                // $19 each, and $50 for each user: two of four.
                let calls = try await storm(app, [1900, 1920, 1940, 1960])
                for user in Self.users {
                    let own = calls.filter { $0.user == user }
                    #expect(own.filter { $0.answer.status == 200 }.count == 2, "\(own)")
                    let refused = own.filter { $0.answer.status == 402 }
                    #expect(
                        refused.compactMap { $0.answer.json["error"].text } == [
                            "spend_cap_reached", "spend_cap_reached",
                        ])
                }
                #expect(example.vendor.accepted.count == 40)
            }
        }
    }
}
