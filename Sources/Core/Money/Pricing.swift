/// What a request may cost at most, and how to read what it did cost. Only `Pricing` makes one.
package final class Price: Sendable {
    package let estimate: Money
    package let rule: PriceRule?
    let target: Target
    let rates: [String: Money]

    /// What a policy would say to it that only watches.
    let observed: Refusal?
    /// The vendor's object that it moves.
    let object: PricedObject?
    /// The vendor's accounts that the request selects; empty where no object is made.
    let accounts: [String]

    fileprivate init(
        _ estimate: Money, _ rule: PriceRule?, _ target: Target, _ rates: [String: Money], observed: Refusal? = nil,
        object: PricedObject? = nil, accounts: [String] = []
    ) {
        (self.estimate, self.rule, self.target, self.rates) = (estimate, rule, target, rates)
        (self.observed, self.object, self.accounts) = (observed, object, accounts)
    }

    package var ruleName: String { rule?.name ?? "none" }

    /// What records call its rule: `flat (proxy.conf:31)`.
    var title: String {
        guard let operation = target.operation else { return ruleName }
        let title = rule == nil ? Place.text(ruleName, operation.place) : operation.priceTitle
        return object?.asked == true ? title + ", asked of the vendor" : title
    }

    /// Whether the answer's content may tell the actual cost.
    var readsAnswer: Bool {
        switch rule {
        case .amount: true
        case .flat(let flat): flat.answerPrice != nil
        case .object: object != nil
        default: false
        }
    }
}

/// Turns a permitted request into the most that it may cost.
struct Pricing {
    let rules: Rules
    let desk: ObjectDesk

    /// - Throws: `.amountAmbiguous`, `.costUnknown`; for objects also what their look-up does.
    func estimate(_ permit: Permit, _ content: Content, _ fields: Fields) async throws(Refusal) -> Price {
        let target = permit.target
        let rule = target.operation?.price ?? (target.method.onlyReads ? .free : nil)
        do {
            if case .object(let object)? = rule {
                try checkQuery(target)
                return try await price(object, rule, permit, content, fields)
            }
            let accounts = rule?.creates == nil ? [] : target.accounts(fields)
            return Price(try amount(rule, target, content), rule, target, rules.rates, accounts: accounts)
        } catch {
            // What no cap counts may pass unpriced; what can't be read with certainty may not.
            guard case .costUnknown = error, !permit.capped else { throw error }
            return Price(.zero, nil, target, rules.rates, observed: permit.unpriced(error))
        }
    }

    private func price(
        _ object: ObjectRule, _ rule: PriceRule?, _ permit: Permit, _ content: Content, _ fields: Fields
    ) async throws(Refusal) -> Price {
        let target = permit.target
        guard let move = try ObjectMove.read(object, content, target) else {
            return Price(.zero, rule, target, rules.rates)
        }
        let priced = try await desk.price(move, permit, fields, rules.rates)
        return Price(priced.estimate, rule, target, rules.rates, object: priced)
    }

    private func amount(_ rule: PriceRule?, _ target: Target, _ content: Content) throws(Refusal) -> Money {
        switch rule {
        case .free: return .zero
        case .amount(let rule):
            try checkQuery(target)
            return try AmountReader(rule: rule, vendor: target.vendor, rates: rules.rates).estimate(content, target)
        case .flat(let flat):
            if rule?.readsContent == true { try checkQuery(target) }
            return try FlatReader(rule: flat).estimate(content, target)
        case .tokens: throw target.costUnknown("its price depends on the model's tokens")
        case .unknown(let why): throw target.costUnknown(why)
        case .object, nil: throw target.costUnknown("no price rule is known for it")
        }
    }

    /// A query could carry the amount a second time.
    private func checkQuery(_ target: Target) throws(Refusal) {
        if target.path.query?.isEmpty == false { throw .amountAmbiguous("a query string on a priced request") }
    }
}

extension PriceRule {
    /// The kind of the object that it makes.
    fileprivate var creates: String? { if case .amount(let rule) = self { rule.creates } else { nil } }
}

extension Target {
    /// The refusal that names the line which would price this request.
    func costUnknown(_ reason: String) -> Refusal {
        let key = operation?.name ?? "\"\(method.rawValue) \(path.text)\""
        return .costUnknown(
            reason: reason,
            line: "vendors: { \(vendor.name): { operations: { \(key): { price: { flat_usd: 0.25 } } } } }")
    }
}
