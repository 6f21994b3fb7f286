internal import Core

extension Value {
    /// `free`, `tokens`, or a table with `amount`, `object`, `flat_usd` or `unknown`.
    func price() -> PriceRule? {
        let what =
            "a price: free, tokens, { amount: FIELD, currency: FIELD }, { object: KIND }, { flat_usd: 0.25 } or "
            + "{ unknown: WHY }"
        switch scalar {
        case "free": return .free
        case "tokens": return .tokens
        case .some: return expected(what)
        case nil: break
        }
        guard let table = table(.price) else { return nil }
        if table["object"] != nil { return ObjectRule(table).map { .object($0) } }
        let kinds = ["amount", "flat_usd", "unknown"].filter { table[$0] != nil }
        guard kinds.count == 1 else { return expected(what) }
        switch kinds[0] {
        case "amount": return AmountRule(table).map { .amount($0) }
        case "flat_usd": return FlatRule(table).map { .flat($0) }
        default: return table["unknown"]?.text("a reason").map { .unknown($0) }
        }
    }

    /// The keys to a value in JSON, with dots.
    func jsonPath() -> JSONPath? { text("a name, or names with dots").map { JSONPath($0) } }

    /// A parameter of the content.
    func parameter() -> String? { text("a parameter's name") }
}

extension Table {
    /// Reports keys that make no sense beside the others.
    func refuse(_ names: [String], in rule: String) {
        for entry in entries where names.contains(entry.name) {
            entry.key.fail("\"\(entry.name)\" has no meaning in \(rule)")
        }
    }
}

extension AmountRule {
    fileprivate init?(_ table: Table) {
        table.refuse(["units", "by_prefix", "answer_usd", "answer_currency", "moves"], in: "a price by amount")
        guard let amount = table["amount"]?.parameter(),
            let currency = table.required("currency", " (the parameter that holds it)")?.parameter()
        else { return nil }
        self.init(amount: amount, currency: currency)
        table.read("fields_forbidden", into: &forbidden) { $0.list { $0.parameter() } }
        table.read("creates", into: &creates) { $0.name("a kind of \"objects\"") }
        guard let answer = table["answer"]?.table(.answer) else { return }
        answer.read("amount", into: &answerAmount) { $0.jsonPath() }
        answer.read("currency", into: &answerCurrency) { $0.jsonPath() }
    }
}

extension FlatRule {
    fileprivate init?(_ table: Table) {
        table.refuse(["currency", "answer", "creates", "moves"], in: "a flat price")
        guard let usd = table["flat_usd"]?.money() else { return nil }
        self.init(usd: usd)
        table.read("units", into: &units) { $0.units() }
        table.read("fields_forbidden", into: &forbidden) { $0.list { $0.parameter() } }
        table.read("answer_usd", into: &answerPrice) { $0.jsonPath() }
        table.read("answer_currency", into: &answerCurrency) { $0.jsonPath() }
        guard let prefixes = table["by_prefix"]?.table(.byPrefix) else { return }
        prefixField = prefixes.required("field")?.parameter()
        byPrefix = prefixes.required("usd")?.pricesByPrefix() ?? [:]
    }
}

extension Value {
    fileprivate func units() -> FlatRule.Units? {
        let what = "units: { count: [FIELD, …] }, { each: { count: [FIELD, …] } } or { sms_segments: FIELD }"
        guard let table = table(.units) else { return nil }
        guard table.entries.count == 1, let entry = table.entries.first else { return expected(what) }
        switch entry.name {
        case "count": return entry.value.oneOrMore { $0.parameter() }.map { .count($0) }
        case "each": return entry.value.units().map { .each($0) }
        case "sms_segments": return entry.value.parameter().map { .smsSegments($0) }
        default: return nil
        }
    }

    fileprivate func pricesByPrefix() -> [String: Money]? {
        guard let table = table() else { return nil }
        var prices: [String: Money] = [:]
        for entry in table.entries { prices[entry.name] = entry.value.money() }
        return prices.isEmpty ? expected("prefixes with their prices, such as { \"+1\": 0.0083 }") : prices
    }
}
