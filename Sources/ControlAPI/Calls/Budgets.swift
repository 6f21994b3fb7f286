internal import Core

extension ControlAPI {
    /// `GET /v1/budgets`: what is configured, what operators changed, and the fullest accounts.
    func listBudgets(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        var budgets: [JSONValue] = []
        for budget in sidecar.rules.budgets {
            let page = try await balances(of: budget, after: nil, limit: 1000)
            let accounts = page.map { account(budget, $0) }.sorted { $0.share > $1.share }.prefix(20)
            budgets.append(.fields(describe(budget) + [("accounts", .array(accounts.map(\.json)))]))
        }
        return .json(200, .fields([("budgets", .array(budgets))]))
    }

    /// `GET /v1/budgets/{name}`: all its accounts, in pages, in the order of their values.
    func showBudget(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(["after", "limit"])
        let (budget, limit) = (try budget(call), try query.limit(default: 100, most: 1000))
        let page = try await balances(of: budget, after: query["after"], limit: limit)
        let next = page.count == limit ? page.last.map { value(budget, $0.account) } : nil
        let accounts = page.map { account(budget, $0).json }
        return .json(
            200, .fields(describe(budget) + [("accounts", .array(accounts)), ("next", .text(next) ?? .null)]))
    }

    /// `GET /v1/budgets/{name}/{value}`.
    func showBudgetAccount(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        let budget = try budget(call)
        return try await answer(budget, try value(call, of: budget))
    }

    /// `PUT /v1/budgets/{name}[/{value}]`: other caps for this account, until a time or until they are taken back.
    func changeBudget(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let object = try call.object(
            ["daily_usd_cap", "monthly_usd_cap", "total_usd_cap", "request_usd_cap", "for", "until", "reason"])
        let (budget, who, now) = (try budget(call), try operatorName(call), sidecar.clock())
        let change = BudgetChange(
            budget: budget.name, value: try value(call, of: budget), caps: try caps(object), createdAt: now,
            until: try until(object, now), reason: try object.text("reason") ?? "", by: who)
        _ = try change.reason.isEmpty ? "" : Label.check(change.reason, "reason")
        try await stored { () throws(StoreFailure) in try await sidecar.put(change) }
        note("\(change.words) set by \(who)\(change.reason.isEmpty ? "" : ": \(change.reason)")")
        return try await answer(budget, change.value)
    }

    /// `DELETE /v1/budgets/{name}[/{value}]`: the configured caps again; harmless twice.
    func resetBudget(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.query([])
        let (budget, who) = (try budget(call), try operatorName(call))
        let value = try value(call, of: budget)
        let change = try await stored { () throws(StoreFailure) in
            try await sidecar.removeBudgetChange(Budget.accountID(budget.name, value))
        }
        if let change { note("\(change.title): the configured caps again, says \(who)") }
        return try await answer(budget, value)
    }

    private func budget(_ call: Call) throws(APIProblem) -> Budget {
        guard let budget = sidecar.rules.budgets.first(where: { $0.name == call.id }) else {
            let known = sidecar.rules.budgets.map(\.name).joined(separator: ", ")
            throw .unknownBudget(Shown.text(call.id), known)
        }
        return budget
    }

    /// The account that the path names: a value for each member of `per`.
    private func value(_ call: Call, of budget: Budget) throws(APIProblem) -> String {
        let value = call.path.count > 1 ? try Label.check(call.path[1], "value") : ""
        let shape = budget.per.map(\.text).joined(separator: ",")
        let count = value.isEmpty ? 0 : budget.per.count == 1 ? 1 : value.split(separator: ",").count
        guard count == budget.per.count else {
            throw .field(
                "value", shape.isEmpty ? "the budget is one account and has no values" : "expected a value for \(shape)"
            )
        }
        return value
    }

    private func caps(_ object: ObjectReader) throws(APIProblem) -> Caps {
        let caps = Caps(
            daily: try object.dollars("daily_usd_cap"), monthly: try object.dollars("monthly_usd_cap"),
            total: try object.dollars("total_usd_cap"), request: try object.dollars("request_usd_cap"))
        if caps.isEmpty { throw .field("daily_usd_cap", "missing; give at least one cap") }
        return caps
    }

    private func until(_ object: ObjectReader, _ now: Moment) throws(APIProblem) -> Moment? {
        guard let (name, _) = try object.value(["for", "until"]) else { return nil }
        let until = name == "for" ? try object.span("for").map { now + $0 } : try object.moment("until")
        guard let until, until > now else { throw .field(name, "must be in the future") }
        return until
    }

    private func balances(
        of budget: Budget, after: String?, limit: Int
    ) async throws(APIProblem) -> [Balance] {
        let prefix = Budget.accountID(budget.name, "")
        guard !budget.per.isEmpty else { return sidecar.ledger.balances([.budget(budget.name)]) }
        return try await stored { () throws(StoreFailure) in
            try await sidecar.ledger.balances(prefix: prefix, after: after.map { prefix + $0 }, limit: limit)
        }
    }

    /// An account that was never used counts nothing, and has its caps all the same.
    private func answer(_ budget: Budget, _ value: String) async throws(APIProblem) -> APIAnswer {
        let account = Account(kind: .budget, id: Budget.accountID(budget.name, value), title: value)
        let balance = sidecar.ledger.balances([account]).first ?? Balance(account: account)
        return .json(200, self.account(budget, balance).json)
    }
}
