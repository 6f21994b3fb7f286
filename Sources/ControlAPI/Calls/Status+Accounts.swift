internal import Core

extension ControlAPI {
    /// Runs and keys beyond these are left out of the overview, never out of the books.
    private static let looked = 500
    /// The same for the accounts of one budget, which are read in pages.
    private static let lookedInBudget = 10_000
    private static let shown = 20

    /// The fullest accounts of live runs and keys, and of budgets.
    func accounts() async throws(APIProblem) -> JSONValue {
        let rules = sidecar.rules
        var covers = rules.budgets.filter(\.per.isEmpty).map {
            Cover(account: .budget($0.name), caps: $0.caps(of: "", rules.budgetChanges), place: nil)
        }
        covers += try await runAccounts(rules) + keyAccounts()
        var rows = covers.compactMap(row)
        for budget in rules.budgets where !budget.per.isEmpty { rows += try await fullest(budget) }
        return .array(Self.fullest(rows).map(\.json))
    }

    private static func fullest(_ rows: [Row]) -> ArraySlice<Row> {
        rows.sorted { ($1.share, $0.title) < ($0.share, $1.title) }.prefix(shown)
    }

    /// Those of the values of `per` that are nearest to their cap.
    private func fullest(_ budget: Budget) async throws(APIProblem) -> ArraySlice<Row> {
        let prefix = Account.budget(budget.name).id
        var (rows, looked, after) = (ArraySlice<Row>(), 0, String?.none)
        repeat {
            let last = after
            let page = try await stored { () throws(StoreFailure) in
                try await sidecar.ledger.balances(prefix: prefix, after: last, limit: Self.looked)
            }
            rows = Self.fullest(
                rows + page.compactMap { row(budget, String($0.account.id.dropFirst(prefix.count)), $0) })
            looked += page.count
            after = page.count == Self.looked ? page.last?.account.id : nil
        } while after != nil && looked < Self.lookedInBudget
        return rows
    }

    private func row(_ budget: Budget, _ value: String, _ balance: Balance) -> Row? {
        guard balance.total.counted > .zero else { return nil }
        let figures = Figures(balance, budget.caps(of: value, sidecar.rules.budgetChanges))
        return Row(title: balance.account.title, id: balance.account.id, figures: figures)
    }

    private func runAccounts(_ rules: Rules) async throws(APIProblem) -> [Cover] {
        let filter = VaultFilter(status: "active", now: sidecar.clock())
        let runs = try await stored { () throws(StoreFailure) in
            try await sidecar.vault.runs(filter, after: nil, limit: Self.looked)
        }
        return runs.flatMap { run in
            rules.policies.filter { $0.runs.matches(run.id) }.map {
                Cover(account: .policy($0.name, run: run.id), caps: $0.caps, place: nil)
            }
        }
    }

    private func keyAccounts() async throws(APIProblem) -> [Cover] {
        let filter = VaultFilter(status: "active", now: sidecar.clock())
        let keys = try await stored { () throws(StoreFailure) in
            try await sidecar.vault.keys(filter, after: nil, limit: Self.looked)
        }
        return keys.filter { !$0.isExchanged }.map { Cover(account: .key($0.id), caps: $0.caps, place: nil) }
    }

    /// nil for an account on which nothing is counted.
    private func row(_ cover: Cover) -> Row? {
        let figures = Figures(sidecar.ledger, cover.account, cover.caps)
        guard figures.balance.total.counted > .zero else { return nil }
        return Row(title: cover.account.title, id: cover.account.id, figures: figures)
    }

    private struct Row {
        var title: String
        var id: String
        var figures: Figures

        /// How full it is; accounts without a cap come last.
        var share: Double { figures.share }

        var json: JSONValue {
            let tightest = figures.tightest
            let sums = tightest?.sums ?? figures.balance.today
            return .fields([
                ("account", .string(title)), ("id", .string(id)), ("spent_usd", .usdText(sums.spent)),
                ("held_usd", .usdText(sums.held)), ("in_doubt_usd", .usdText(sums.inDoubt)),
                ("cap_usd", tightest.map { .usdText($0.cap) }),
                ("period", tightest.map { .string($0.period.rawValue) }),
                ("remaining_usd", figures.remaining.map { .usdText($0) }),
            ])
        }
    }
}

extension Figures {
    /// How full it is, by the cap that leaves the least room; -1 without caps.
    var share: Double {
        guard let room = remaining, let cap = tightest?.cap, cap > .zero else { return -1 }
        return 1 - Double(room.micros) / Double(cap.micros)
    }

    /// The cap that leaves the least room, and what counts against it.
    var tightest: (period: Period, cap: Money, sums: Balance.Sums)? {
        let all: [(Period, Balance.Sums)] = [(.day, balance.today), (.month, balance.month), (.total, balance.total)]
        let capped = all.compactMap { period, sums in caps[period].map { (period: period, cap: $0, sums: sums) } }
        return capped.min { $0.cap - $0.sums.counted < $1.cap - $1.sums.counted }
    }
}

extension Account {
    static func budget(_ name: String) -> Account {
        Account(kind: .budget, id: "budget:\(name):", title: "budget \(name)")
    }
}
