/// Other caps for one account of a budget, set by an operator while everything runs.
package struct BudgetChange: Sendable, Equatable {
    package var budget: String
    /// The value of `per`, as `Budget.value` writes it; empty when the budget is one account.
    package var value: String
    /// Each replaces the configured one; nil leaves it.
    package var caps: Caps
    package var createdAt: Moment
    /// When the configured caps come back; nil when only an operator brings them back.
    package var until: Moment?
    package var reason: String
    /// The operator.
    package var by: String

    package init(
        budget: String, value: String, caps: Caps, createdAt: Moment, until: Moment?, reason: String, by: String
    ) {
        (self.budget, self.value, self.caps) = (budget, value, caps)
        (self.createdAt, self.until, self.reason, self.by) = (createdAt, until, reason, by)
    }

    /// Of the account.
    package var id: String { Budget.accountID(budget, value) }

    package func isOver(at now: Moment) -> Bool { until.map { $0 <= now } ?? false }
}

extension Budget {
    package static func accountID(_ name: String, _ value: String) -> String { "budget:\(name):\(value)" }

    /// The caps of one of its accounts.
    package func caps(of value: String, _ changes: [String: BudgetChange]) -> Caps {
        let configured = overrides[value] ?? caps
        return changes[Self.accountID(name, value)].map { configured.replaced(by: $0.caps) } ?? configured
    }
}

extension Caps {
    package func replaced(by other: Caps) -> Caps {
        Caps(
            daily: other.daily ?? daily, monthly: other.monthly ?? monthly, total: other.total ?? total,
            request: other.request ?? request)
    }
}

extension Sidecar {
    /// Reads what is live from the store; once, before anything is served.
    package func load() async throws(StoreFailure) {
        try await catchUpWithClock()
        let contents = try await vault.load()
        try await idempotencyKeys.load()
        change { rules in
            for change in contents.budgetChanges { rules.budgetChanges[change.id] = change }
        }
    }

    /// Sets other caps: durable first, so that no crash brings back what an operator took away.
    package func put(_ change: BudgetChange) async throws(StoreFailure) {
        let turn = try await budgetTurns.takeForStore(change.id)
        defer { turn.end() }
        try await vault.store.put(change)
        self.change { $0.budgetChanges[change.id] = change }
    }

    /// Brings the configured caps back; nil when they were not changed.
    package func removeBudgetChange(_ id: String) async throws(StoreFailure) -> BudgetChange? {
        let turn = try await budgetTurns.takeForStore(id)
        defer { turn.end() }
        guard let change = rules.budgetChanges[id] else { return nil }
        try await vault.store.remove(budgetChange: id)
        self.change { $0.budgetChanges[id] = nil }
        return change
    }
}
