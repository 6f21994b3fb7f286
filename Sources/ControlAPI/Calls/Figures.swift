internal import Core

/// What is counted on an account, under its caps.
struct Figures: Sendable {
    let balance: Balance
    let caps: Caps

    init(_ ledger: any Ledger, _ account: Account, _ caps: Caps) {
        balance = ledger.balances([account]).first ?? Balance(account: account)
        self.caps = caps
    }

    init(_ balance: Balance, _ caps: Caps) { (self.balance, self.caps) = (balance, caps) }

    /// The smallest room that a cap leaves; nil without caps.
    var remaining: Money? {
        let rooms = [
            caps.daily.map { $0 - balance.today.counted }, caps.monthly.map { $0 - balance.month.counted },
            caps.total.map { $0 - balance.total.counted },
        ]
        return rooms.compactMap { $0 }.min().map { max($0, .zero) }
    }

    static func caps(_ caps: Caps, _ show: (Money) -> JSONValue) -> [(String, JSONValue?)] {
        [
            ("daily_usd_cap", caps.daily.map(show)), ("monthly_usd_cap", caps.monthly.map(show)),
            ("total_usd_cap", caps.total.map(show)), ("request_usd_cap", caps.request.map(show)),
        ]
    }

    /// Caps and sums, each amount as `show` writes it.
    func members(_ show: (Money) -> JSONValue) -> [(String, JSONValue?)] {
        Self.caps(caps, show) + [
            ("spent_usd", show(balance.total.spent)), ("spent_today_usd", show(balance.today.spent)),
            ("held_usd", show(balance.total.held)), ("in_doubt_usd", show(balance.total.inDoubt)),
            ("remaining_usd", remaining.map(show) ?? .null),
        ]
    }
}

extension Account {
    static func key(_ id: String) -> Account { Account(kind: .key, id: "key:\(id)", title: "key \(id)") }

    static func policy(_ name: String, run: String) -> Account {
        Account(kind: .policy, id: "policy:\(name):\(run)", title: "run \(run)")
    }
}
