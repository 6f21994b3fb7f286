// A key may be ordered under a policy by its name: what the policy gives is the key's bound, and the order may only have
// less. Its run must be one that the policy is for; without a run the key is like a run of its own.

extension Policy {
    /// What it caps for each run.
    package var runCaps: RunCaps { RunCaps(all: caps, operations: operationCaps) }

    /// Whether everything that `endpoint` lets through passes here too, under the same names of segments.
    func covers(_ endpoint: EndpointPattern, of vendor: Vendor) -> Bool {
        endpoints.contains { $0.covers(endpoint, of: vendor) && $0.keepsNames(of: only, in: endpoint) }
    }

    /// Holds an order against the policy, but for its fields: those need the order's tags.
    package func check(_ order: KeyOrder, _ vendor: Vendor) throws(Excess) {
        if let id = order.runID, !runs.matches(id) {
            throw Excess(limit: "run_id", message: "Run \(id) is not one of \(runs.text), which policy \(name) is for.")
        }
        if let wide = order.endpoints.first(where: { !covers($0, of: vendor) }) {
            throw Excess(limit: "allowed_endpoints", message: "\(wide.text) is more than policy \(name) allows.")
        }
        for (field, most, cap) in [
            ("daily_usd_cap", caps.daily, order.caps.daily), ("total_usd_cap", caps.total, order.caps.total),
            ("request_usd_cap", caps.request, order.caps.request),
        ] {
            guard let most, let cap, cap > most else { continue }
            throw Excess(limit: field, message: "A cap of \(cap) is more than policy \(name) gives, \(most).")
        }
    }

    /// The policy's lifetime, or a shorter one.
    package func check(lifetime: Span?) throws(Excess) {
        guard let lifetime, lifetime > self.lifetime else { return }
        throw Excess(
            limit: "expires_in",
            message: "\(lifetime.text) is longer than a key lives under policy \(name), \(self.lifetime.text).")
    }

    /// The tags of a key: the policy's, which only its run may have otherwise, and those that it is given.
    package func tags(_ given: Tags, run: Tags) throws(Excess) -> Tags {
        for (tag, value) in tags.sorted(by: { $0.key < $1.key }) where run[tag] == nil && given[tag] ?? value != value {
            throw Excess(limit: "tags.\(tag)", message: "The tag \"\(tag)\" is \"\(value)\" under policy \(name).")
        }
        return tags.merging(given) { _, own in own }
    }

    /// The order with everything that the policy binds; its tags are complete.
    package func bound(_ order: KeyOrder) throws(Excess) -> KeyOrder {
        var order = order
        order.caps = order.caps.narrowed(to: caps)
        order.pinned = pinned
        for rule in only {
            let own = order.only.filter { $0.field == rule.field && $0.operation == rule.operation }
            if own.isEmpty { order.only.append(rule) }
            guard own.allSatisfy({ order.narrows($0, rule) }) else {
                throw Excess(
                    limit: "only.\(rule.field)",
                    message: "Policy \(name) lets \(rule.field) be \(rule.values.joined(separator: ", ")) only.")
            }
        }
        return order
    }
}

extension KeyOrder {
    /// Adds a rule, unless the order has less already; what it has more goes.
    mutating func narrow(_ rule: FieldRule) {
        let own = only.filter { $0.field == rule.field && $0.operation == rule.operation }
        if own.contains(where: { narrows($0, rule) }) { return }
        let wider = own.filter { narrows(rule, $0) }
        only = only.filter { !wider.contains($0) } + [rule]
    }

    /// Whether no value fits `rule` that does not fit `bound`.
    func narrows(_ rule: FieldRule, _ bound: FieldRule) -> Bool {
        rule.values.allSatisfy { value in bound.values.contains { within(value, $0) } }
    }

    private func within(_ value: String, _ bound: String) -> Bool {
        if value == bound { return true }
        guard let value = FieldPattern(value), let bound = FieldPattern(bound) else { return false }
        return value.isWithin(bound, tags: tags, label: label, runID: runID)
    }
}
