internal import Core

extension ControlAPI {
    /// One account of a budget, as the API shows it.
    struct BudgetAccount {
        var value: String
        var figures: Figures
        var change: BudgetChange?

        /// How full it is; accounts without a cap come last.
        var share: Double { figures.share }

        var json: JSONValue {
            .fields(
                [("value", .string(value))] + figures.members(JSONValue.usdText)
                    + [
                        ("spent_this_month_usd", .usdText(figures.balance.month.spent)),
                        ("change", change.map { .fields($0.members) }),
                    ])
        }
    }

    func account(_ budget: Budget, _ balance: Balance) -> BudgetAccount {
        let (value, changes) = (value(budget, balance.account), sidecar.rules.budgetChanges)
        return BudgetAccount(
            value: value, figures: Figures(balance, budget.caps(of: value, changes)),
            change: changes[Budget.accountID(budget.name, value)])
    }

    func value(_ budget: Budget, _ account: Account) -> String {
        String(account.id.dropFirst(Budget.accountID(budget.name, "").count))
    }

    /// The budget as it is configured, and what operators changed.
    func describe(_ budget: Budget) -> [(String, JSONValue?)] {
        let changes = sidecar.rules.budgetChanges.values.filter { $0.budget == budget.name }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        return [
            ("name", .string(budget.name)), ("per", .array(budget.per.map { .string($0.text) })),
            ("vendor", .text(budget.vendor)), ("label", .text(budget.label?.text)),
            ("tags", budget.tags.isEmpty ? nil : .tags(budget.tags.mapValues(\.text))),
        ] + Figures.caps(budget.caps, JSONValue.usdText) + [
            ("changes", .array(changes.map { .fields([("value", .string($0.value))] + $0.members) }))
        ]
    }
}

extension BudgetChange {
    fileprivate var members: [(String, JSONValue?)] {
        Figures.caps(caps, JSONValue.usdText) + [
            ("since", .time(createdAt)), ("until", until.map { .time($0) } ?? .null), ("reason", .string(reason)),
            ("by", .string(by)),
        ]
    }

    var title: String { value.isEmpty ? "budget \(budget)" : "budget \(budget) (\(value))" }

    /// `budget users (acme,42): $50.00 a day until 2026-11-24T03:11:04Z`.
    var words: String {
        let parts = [
            caps.daily.map { "\($0) a day" }, caps.monthly.map { "\($0) a month" }, caps.total.map { "\($0) in all" },
            caps.request.map { "\($0) a request" },
        ].compactMap(\.self)
        return "\(title): \(parts.joined(separator: ", "))" + (until.map { " until \($0.rfc3339)" } ?? "")
    }
}
