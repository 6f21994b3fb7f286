internal import Core

extension Suspicions {
    /// The first policy that matches wins.
    mutating func checkOrder() {
        for (index, policy) in rules.policies.enumerated() {
            let earlier = rules.policies[..<index].filter { $0.vendor == policy.vendor }
            if let first = earlier.first(where: { $0.runs.covers(policy.runs) }) {
                let whose = "\"\(first.name)\" (\(first.place?.description ?? "before it"))"
                add(policy.place, "policy \"\(policy.name)\" never matches: \(whose) takes all its runs")
            } else if let first = earlier.first(where: { policy.crosses($0) }) {
                let runs = "\(first.runs.text) and \(policy.runs.text)"
                add(
                    policy.place,
                    "policies \"\(first.name)\" and \"\(policy.name)\" overlap (\(runs)): the first one wins")
            }
        }
    }

    mutating func check(_ policy: Policy) {
        guard let vendor = rules.vendors[policy.vendor] else { return }
        let name = "policy \"\(policy.name)\""
        if policy.observes { add(policy.place, "\(name) only watches (mode: observe): it refuses nothing by itself") }
        if policy.endpoints.isEmpty { add(policy.place, "\(name) allows nothing") }
        let capped = !policy.caps.isEmpty || rules.budgets.contains { $0.covers(policy) }
        if !capped, policy.canSpend(vendor) {
            add(policy.place, "\(name) has no cap, and no budget covers it: its runs may spend any amount")
        }
        for pattern in policy.endpoints {
            if !vendor.operations.contains(where: { pattern.reaches($0, of: vendor) }) {
                checkUnknown(pattern, of: policy, vendor)
            }
            // What a wildcard takes along is too much to list, and never sensitive.
            for operation in pattern.namedOperations(of: vendor) {
                check(operation, of: policy, vendor, capped: capped)
            }
        }
    }

    /// Operations that only read need not be in the catalogue.
    private mutating func checkUnknown(_ pattern: EndpointPattern, of policy: Policy, _ vendor: Vendor) {
        guard !pattern.onlyReads, !vendor.operations.isEmpty else { return }
        let path = pattern.text.split(separator: " ").last ?? ""
        let advice = pattern.methods == nil ? "; if it only reads, write \"GET \(path)\"" : "; give it a price"
        add(
            policy.place,
            "policy \"\(policy.name)\": the catalogue of \(vendor.name) knows no \"\(pattern.text)\"\(advice)")
    }

    private mutating func check(_ operation: Operation, of policy: Policy, _ vendor: Vendor, capped: Bool) {
        let what = "policy \"\(policy.name)\": \(operation.name)"
        if let why = operation.refused { return add(policy.place, "\(what) is never let through: \(why)") }
        if let why = operation.sensitive { add(policy.place, "\(what) is sensitive: \(why)") }
        if capped, let why = operation.price?.unbounded(vendor) {
            add(policy.place, "\(what) is always refused under a cap: \(why)")
        }
    }
}

extension Policy {
    /// Whether it shares some runs with an earlier one without being the general case behind a special one.
    fileprivate func crosses(_ earlier: Policy) -> Bool {
        earlier.runs.overlaps(runs) && !runs.covers(earlier.runs)
    }

    /// Whether it allows something that costs, or of which nobody knows the cost.
    fileprivate func canSpend(_ vendor: Vendor) -> Bool {
        endpoints.contains { pattern in
            let reached = vendor.operations.filter { pattern.reaches($0, of: vendor) }
            return reached.isEmpty ? !pattern.onlyReads : reached.contains(where: \.costs)
        }
    }
}

extension Operation {
    fileprivate var costs: Bool {
        if case .free = price { return false }
        return refused == nil && (price != nil || !endpoint.onlyReads)
    }
}

extension PriceRule {
    /// Why no estimate can be made before it is sent.
    fileprivate func unbounded(_ vendor: Vendor) -> String? {
        switch self {
        case .free, .amount, .flat: nil
        case .object(let rule):
            rule.kinds.first { vendor.objects[$0] == nil }.map { "there are no \"objects\" called \($0)" }
        case .tokens: "prices by tokens are not supported yet"
        case .unknown(let why): why
        }
    }
}
