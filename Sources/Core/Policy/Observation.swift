// A policy in its first days may watch: what it would refuse is let through and put on record. That is about what the
// policy itself says (endpoints, fields, its own caps). Everything else holds: who is calling, stops, sensitive
// endpoints, accounts, budgets, keys that were ordered and their caps, and content that can't be read with certainty.

extension Grant {
    /// Whether the request falls under a policy that only watches.
    var observes: Bool { policy?.observes == true && key.isExchanged && key.policy == policy?.name }

    /// The refusal of an endpoint that the key's list does not have.
    func unlisted(_ target: Target) -> Refusal {
        .endpointNotAllowed(attempted: target.title, allowed: key.endpoints.map(\.text))
    }

    /// The caps that a watching policy would hold against the request; nothing is held under them.
    func watched(_ target: Target) -> [Cover] {
        guard observes, let policy, let runID else { return [] }
        return policyCovers(policy, runID, target)
    }
}

extension Permit {
    /// What stands for the allowlist's entry where there is none.
    static let observedPattern = try? EndpointPattern("/*")

    /// The cap of a watching policy that has no room for `estimate`.
    func overrun(_ estimate: Money, _ ledger: any Ledger) -> Refusal? {
        for cover in grant.watched(target) {
            guard let balance = ledger.balances([cover.account]).first else { continue }
            if let reached = balance.reached(by: estimate, cover) { return .capExhausted(reached) }
        }
        return nil
    }

    /// What a watching policy would say to a request without a price.
    func unpriced(_ refusal: Refusal) -> Refusal? {
        grant.watched(target).contains { !$0.caps.isEmpty } ? refusal : nil
    }
}

extension Balance {
    /// The first cap of `cover` that `estimate` would pass now.
    fileprivate func reached(by estimate: Money, _ cover: Cover) -> CapReached? {
        let sums: [(Period, Sums)] = [(.request, Sums()), (.day, today), (.month, month), (.total, total)]
        for (period, sums) in sums {
            guard let cap = cover.caps[period], estimate > .zero else { continue }
            if let after = sums.counted.adding(estimate), after <= cap { continue }
            return CapReached(
                what: cover.account.title, period: period, cap: cap, spent: sums.spent, held: sums.held,
                inDoubt: sums.inDoubt, asked: estimate, resetsAt: nil, place: cover.place)
        }
        return nil
    }
}
