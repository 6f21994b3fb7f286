internal import Core

/// A budget on the screen.
enum BudgetView {
    static func path(_ name: String, _ value: String?) -> String {
        "/v1/budgets/" + AdminClient.encoded(name) + (value.map { "/" + AdminClient.encoded($0) } ?? "")
    }

    /// Its name, and a table of its accounts.
    static func text(_ budget: JSONValue, now: Moment) -> String {
        let per = budget.list("per").compactMap(\.text).joined(separator: ", ")
        let title = Table.safe(budget.string("name")) + (per.isEmpty ? "" : ", for each \(Table.safe(per))")
        return title + "\n" + accounts(budget, now: now) + changes(budget, now: now)
    }

    private static func accounts(_ budget: JSONValue, now: Moment) -> String {
        var table = Table([
            .init("ACCOUNT"), .init("TODAY", .right), .init("OF", .right), .init("MONTH", .right), .init("OF", .right),
            .init("IN ALL", .right), .init("OF", .right), .init("LEFT", .right), .init("CHANGED"),
        ])
        for account in budget.list("accounts") {
            let value = account.string("value")
            table.add([
                value.isEmpty ? "everything" : value, account.money("spent_today_usd").shown,
                cap(account, "daily_usd_cap"), account.money("spent_this_month_usd").shown,
                cap(account, "monthly_usd_cap"), account.money("spent_usd").shown, cap(account, "total_usd_cap"),
                account.money("remaining_usd").shown, change(account["change"], now: now),
            ])
        }
        return budget.list("accounts").isEmpty ? "  nothing is counted yet\n" : table.text
    }

    private static func cap(_ account: JSONValue, _ name: String) -> String { account.money(name).map(\.shown) ?? "-" }

    private static func change(_ change: JSONValue?, now: Moment) -> String {
        guard let change, change != .null else { return "" }
        return change.time("until").map { "until \($0.shown(now: now))" } ?? "by \(change.string("by"))"
    }

    /// What operators set, also on accounts that are not shown.
    private static func changes(_ budget: JSONValue, now: Moment) -> String {
        budget.list("changes").map { change in
            let value = change.string("value")
            let reason = change.string("reason")
            return
                "  changed: \(Table.safe(value.isEmpty ? "everything" : value)) by \(Table.safe(change.string("by")))"
                + (change.time("until").map { " until \($0.shown(now: now))" } ?? "")
                + (reason.isEmpty ? "" : ": \(Table.safe(reason))") + "\n"
        }.joined()
    }
}
