import Core
import Testing

@testable import ControlAPI

@Suite struct `A budget over the API` {
    private func desk() throws -> Desk {
        try Desk { rules in
            var users = Budget(name: "users")
            (users.per, users.caps.daily) = ([.tag("tenant"), .tag("user")], Money(decimal: "10"))
            users.overrides = ["vip,1": Caps(daily: Money(decimal: "100"))]
            var all = Budget(name: "all")
            all.caps.total = Money(decimal: "1000")
            rules.budgets = [users, all]
        }
    }

    private func cover(_ value: String) -> Cover {
        let account = Account(kind: .budget, id: "budget:users:\(value)", title: "budget users (\(value))")
        return Cover(account: account, caps: Caps(), place: nil)
    }

    @Test func `is listed with its fullest accounts, and shown page by page`() async throws {
        let desk = try desk()
        for (index, value) in ["acme,1", "acme,2", "vip,1"].enumerated() {
            try await desk.book(
                "req_\(index)", "\(index + 2)", on: [cover(value)],
                .settled(Money(micros: Int64(index + 2) * 1_000_000)))
        }
        try await desk.serve { caller in
            let listed = try await caller.call("GET", "/v1/budgets")
            let users = try #require(listed["budgets"]?.members.first)
            #expect(users["accounts"]?.members.map { $0["value"]?.text } == ["acme,2", "acme,1", "vip,1"])
            #expect(users["accounts"]?.members.first?["remaining_usd"]?.text == "7.00")
            let first = try await caller.call("GET", "/v1/budgets/users?limit=2")
            #expect(first["accounts"]?.members.map { $0["value"]?.text } == ["acme,1", "acme,2"])
            #expect(first["next"]?.text == "acme,2")
            let rest = try await caller.call("GET", "/v1/budgets/users?limit=2&after=acme,2")
            #expect(rest["accounts"]?.members.map { $0["value"]?.text } == ["vip,1"] && rest["next"] == .null)
            let one = try await caller.call("GET", "/v1/budgets/users/vip%2C1")
            #expect(one["daily_usd_cap"]?.text == "100.00" && one["spent_today_usd"]?.text == "4.00")
        }
    }

    @Test func `has a cap changed, on record with who and why, and brought back`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let order = #"{"daily_usd_cap":50,"for":"2h","reason":"ticket 71"}"#
            let changed = try await caller.call("PUT", "/v1/budgets/users/acme,42", order)
            #expect(changed.status == 200 && changed["daily_usd_cap"]?.text == "50.00")
            #expect(changed["change"]?["until"]?.text == "2026-11-24T04:11:04Z")
            #expect(desk.sidecar.rules.budgetChanges["budget:users:acme,42"]?.caps.daily == Money(decimal: "50"))
            #expect(try await caller.call("GET", "/v1/budgets").text.contains("ticket 71"))
            #expect(try await caller.call("PUT", "/v1/budgets/all", #"{"total_usd_cap":"5.5"}"#).status == 200)
            for _ in 0..<2 {
                let back = try await caller.call("DELETE", "/v1/budgets/users/acme,42")
                #expect(back.status == 200 && back["daily_usd_cap"]?.text == "10.00")
            }
            guard case .array(let records)? = try await caller.call("GET", "/v1/audit?decision=note")["records"] else {
                return
            }
            #expect(
                records.map { $0["reason"]?.text } == [
                    "budget users (acme,42): $50.00 a day until 2026-11-24T04:11:04Z set by the admin token: ticket 71",
                    "budget all: $5.50 in all set by the admin token",
                    "budget users (acme,42): the configured caps again, says the admin token",
                ])
        }
    }

    @Test(arguments: [
        ("/v1/budgets/users/acme", #"{"daily_usd_cap":1}"#, "value"),
        ("/v1/budgets/users", #"{"daily_usd_cap":1}"#, "value"),
        ("/v1/budgets/all/x", #"{"daily_usd_cap":1}"#, "value"),
        ("/v1/budgets/users/a,1", "{}", "daily_usd_cap"),
        ("/v1/budgets/users/a,1", #"{"daily_usd_cap":-1}"#, "daily_usd_cap"),
        ("/v1/budgets/users/a,1", #"{"daily_usd_cap":0.0000001}"#, "daily_usd_cap"),
        ("/v1/budgets/users/a,1", #"{"daily_usd_cap":1,"until":"2020-01-01T00:00:00Z"}"#, "until"),
        ("/v1/budgets/users/a,1", #"{"daily_usd_cap":1,"for":"1h","until":"2027-01-01T00:00:00Z"}"#, "until"),
        ("/v1/budgets/users/a,1", #"{"daily_usd_cap":1,"reason":"a\u001bb"}"#, "reason"),
        ("/v1/budgets/users/a,1", #"{"daily":1}"#, "daily"),
    ])
    func `names what is wrong, and changes nothing`(path: String, content: String, field: String) async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let answer = try await caller.call("PUT", path, content)
            #expect(answer.status == 400 && answer["field"]?.text == field, "\(answer.text)")
            let none = try await caller.call("PUT", "/v1/budgets/none", #"{"daily_usd_cap":1}"#)
            #expect(none["code"]?.text == "unknown_budget")
            #expect(desk.sidecar.rules.budgetChanges.isEmpty)
        }
    }
}

extension JSONValue {
    /// The members of an array; none of anything else.
    fileprivate var members: [JSONValue] { if case .array(let values) = self { values } else { [] } }
}
