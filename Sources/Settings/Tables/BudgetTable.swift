internal import Core

/// Reads `budgets`.
struct BudgetTable {
    var vendors: Set<String>
    private(set) var budgets: [Budget] = []

    init(vendors: Set<String>) { self.vendors = vendors }

    mutating func read(_ value: Value) {
        for value in value.list() ?? [] {
            guard let table = value.table(.budget), let budget = budget(table) else { continue }
            if budgets.contains(where: { $0.name == budget.name }) {
                (table["name"] ?? value).fail("there are two budgets \"\(budget.name)\"")
            }
            budgets.append(budget)
        }
    }

    private func budget(_ table: Table) -> Budget? {
        guard let name = table.required("name")?.name("a budget's name") else { return nil }
        var budget = Budget(name: name)
        budget.place = table.capsPlace ?? table.value.place
        budget.caps = Caps(table)
        table.read("per", into: &budget.per) { $0.dimensions() }
        table.read("label", into: &budget.label) { $0.glob() }
        table.read("tags", into: &budget.tags) { $0.tagGlobs() }
        table.read("vendor", into: &budget.vendor) { vendorName($0) }
        for entry in table["overrides"]?.table()?.entries ?? [] {
            budget.overrides[entry.name] = entry.value.overriddenCaps(of: budget.caps)
            budget.checkOverride(entry)
        }
        if budget.caps.isEmpty, budget.overrides.isEmpty {
            table.value.fail("budget \"\(name)\" has no cap; add daily_usd_cap, monthly_usd_cap or total_usd_cap")
        }
        return budget
    }

    private func vendorName(_ value: Value) -> String? {
        guard let name = value.text("a vendor's name") else { return nil }
        if !vendors.contains(name) {
            value.fail("vendor \"\(name)\" is not configured" + Spelling.hint(name, vendors))
        }
        return name
    }
}

extension Budget {
    /// A value is one name for each member of `per`, joined with commas.
    fileprivate func checkOverride(_ entry: Table.Entry) {
        if per.isEmpty {
            entry.key.fail("overrides have no meaning without \"per\"")
        } else if per.count > 1, entry.name.split(separator: ",", omittingEmptySubsequences: false).count != per.count {
            let shape = per.map(\.text).joined(separator: ",")
            entry.key.fail("expected a value for each of \"\(shape)\", joined with commas, found \"\(entry.name)\"")
        }
    }
}

extension Value {
    fileprivate func dimensions() -> [Budget.Dimension]? {
        let all = Budget.Dimension.all.map(\.text)
        let kinds = "\(all.joined(separator: ", ")) or a tag's name"
        return oneOrMore { value in
            guard let name = value.text(kinds) else { return nil }
            let hint = Spelling.hint(name, all)
            guard let dimension = Budget.Dimension(name), all.contains(name) || hint.isEmpty else {
                value.fail("expected \(kinds), found \"\(name)\"" + hint)
                return nil
            }
            return dimension
        }
    }

    /// A number is another daily cap; a table replaces the caps that it names.
    fileprivate func overriddenCaps(of caps: Caps) -> Caps? {
        var changed = caps
        guard isTable else {
            guard let daily = money() else { return nil }
            changed.daily = daily
            return changed
        }
        guard let own = table(.overrides).map({ Caps($0) }) else { return nil }
        changed.daily = own.daily ?? caps.daily
        changed.monthly = own.monthly ?? caps.monthly
        changed.total = own.total ?? caps.total
        changed.request = own.request ?? caps.request
        return changed
    }
}
