/// How far an issuer may go, be it a trusted program or a token: nothing that it makes or names goes beyond. nil is
/// without bound.
package struct Ceiling: Sendable, Equatable {
    /// IDs of runs that it may name, register, renew and revoke, and give keys to.
    package var runs: Glob?
    /// Its keys allow no more than these policies; its runs fall under no others.
    package var policies: [String]?
    package var vendors: [String]?
    /// The longest life of a key or run.
    package var lifetime: Span?
    /// The highest caps of a key, and of a policy that a run falls under.
    package var caps = Caps()
    /// Tags that its keys and runs must have.
    package var requiredTags: [String] = []

    package init() {}
}

/// What goes beyond a ceiling.
package struct Excess: Error, Sendable, Equatable {
    /// The setting: `daily_usd_cap_max`.
    package var limit: String
    /// Whole sentence, of our own words and checked values.
    package var message: String
}

extension Ceiling {
    /// Whether keys, runs and records of this run and vendor are its own matter at all.
    package func reaches(runID: String?, vendor: String?) -> Bool {
        let run = runID.map { runs?.matches($0) ?? true }
        let sold = vendor.map { vendors?.contains($0) ?? true }
        if run == nil, sold == nil { return self == Ceiling() }
        return run ?? true && sold ?? true
    }

    package func check(run id: String) throws(Excess) {
        guard let runs, !runs.matches(id) else { return }
        throw Excess(limit: "runs", message: "Run \(id) is not one of \(runs.text).")
    }

    package func check(vendor: String) throws(Excess) {
        guard let vendors, !vendors.contains(vendor) else { return }
        throw Excess(limit: "vendors", message: "Vendor \(vendor) is not one of \(vendors.joined(separator: ", ")).")
    }

    private func check(policy name: String) throws(Excess) {
        guard let policies, !policies.contains(name) else { return }
        let known = policies.joined(separator: ", ")
        throw Excess(limit: "policies", message: "Policy \(name) is not one of \(known).")
    }

    /// A run that it registers or names gets whatever its policies give, so none of them may give too much.
    package func check(run id: String, _ rules: Rules) throws(Excess) {
        try check(run: id)
        for vendor in rules.vendors.keys.sorted() {
            if let policy = rules.policy(for: id, vendor) { try check(policy, run: id) }
        }
    }

    package func check(_ policy: Policy, run id: String) throws(Excess) {
        try check(vendor: policy.vendor)
        if let policies, !policies.contains(policy.name) {
            let known = policies.joined(separator: ", ")
            throw Excess(
                limit: "policies",
                message: "Run \(id) falls under policy \(policy.name) (\(policy.vendor)), which is not one of \(known)."
            )
        }
        for (name, most, cap) in limits(policy.caps) {
            guard let cap, cap <= most else {
                let given = cap.map { "a cap of \($0)" } ?? "no such cap"
                throw Excess(
                    limit: name,
                    message: "Run \(id) falls under policy \(policy.name), which has \(given); \(name) is \(most).")
            }
        }
    }

    /// The order within the ceiling: a cap that it does not name is the ceiling's. Its lifetime was bounded before.
    package func bound(_ order: KeyOrder, _ rules: Rules) throws(Excess) -> KeyOrder {
        if let id = order.runID { try check(run: id) }
        try check(vendor: order.vendor)
        if let policy = order.policy { try check(policy: policy.name) }
        let only = try checkEndpoints(order, rules)
        for (name, most, cap) in limits(order.caps) {
            if let cap, cap > most {
                throw Excess(limit: name, message: "A cap of \(cap) is more than \(name), \(most).")
            }
        }
        var order = order
        for rule in only { order.narrow(rule) }
        order.caps.daily = order.caps.daily ?? caps.daily
        order.caps.total = order.caps.total ?? caps.total
        order.caps.request = order.caps.request ?? caps.request
        return order
    }

    /// A lifetime within the ceiling; where none is given the normal one, or less.
    package func bound(lifetime: Span?, normal: Span) throws(Excess) -> Span {
        guard let most = self.lifetime else { return lifetime ?? normal }
        guard let lifetime else { return min(normal, most) }
        guard lifetime <= most else {
            throw Excess(
                limit: "key_lifetime_max", message: "\(lifetime.text) is longer than key_lifetime_max, \(most.text).")
        }
        return lifetime
    }

    /// Tags that whatever it makes or names must have, so that nothing escapes its budget.
    package func check(_ tags: Tags) throws(Excess) {
        guard let missing = requiredTags.first(where: { tags[$0] == nil }) else { return }
        throw Excess(limit: "required_tags", message: "The tag \"\(missing)\" is required.")
    }

    private func limits(_ given: Caps) -> [(name: String, most: Money, cap: Money?)] {
        [
            ("daily_usd_cap_max", caps.daily, given.daily), ("total_usd_cap_max", caps.total, given.total),
            ("request_usd_cap_max", caps.request, given.request),
        ].compactMap { name, most, cap in most.map { (name, $0, cap) } }
    }

    /// Every endpoint must be within one that the policies allow. Answers what the fields of its requests must be there:
    /// that goes with the endpoints.
    private func checkEndpoints(_ order: KeyOrder, _ rules: Rules) throws(Excess) -> [FieldRule] {
        // What it is ordered under binds it, and was checked.
        guard order.policy == nil, let names = policies, let vendor = rules.vendors[order.vendor] else { return [] }
        let policies = rules.policies.filter { names.contains($0.name) && $0.vendor == order.vendor }
        guard !policies.isEmpty else {
            throw Excess(
                limit: "policies",
                message: "None of the policies \(names.joined(separator: ", ")) is for vendor \(order.vendor).")
        }
        var only: [FieldRule] = []
        for endpoint in order.endpoints {
            let covering = policies.filter { $0.covers(endpoint, of: vendor) }
            guard let least = covering.min(by: { $0.only.count < $1.only.count }) else {
                throw Excess(
                    limit: "policies",
                    message: "\(endpoint.text) is more than the policies \(names.joined(separator: ", ")) allow.")
            }
            only += least.only.filter { !only.contains($0) }
        }
        return only
    }
}

extension EndpointPattern {
    /// Whether everything that `other` lets through passes here too.
    func covers(_ other: EndpointPattern, of vendor: Vendor) -> Bool {
        guard coversMethods(other), (host ?? vendor.primaryHost) == (other.host ?? vendor.primaryHost),
            coversPath(other)
        else { return false }
        // What is sensitive must be named here as well; a wildcard does not reach it.
        return !vendor.operations.contains { $0.sensitive != nil && other.names($0) && !names($0) }
    }

    /// Whether the segments that `rules` mean by a name have that name in `other` too: elsewhere it would mean another.
    func keepsNames(of rules: [FieldRule], in other: EndpointPattern) -> Bool {
        zip(parts.indices, parts).allSatisfy { index, part in
            guard rules.contains(where: { part == "{\($0.field)}" }) else { return true }
            return other.parts.indices.contains(index) && other.parts[index] == part
        }
    }

    private func coversMethods(_ other: EndpointPattern) -> Bool {
        guard let methods else { return true }
        return other.methods.map { $0.isSubset(of: methods) } ?? false
    }

    private func coversPath(_ other: EndpointPattern) -> Bool {
        let fits =
            open
            ? other.segments.count + (other.open ? 1 : 0) > segments.count
            : !other.open && other.segments.count == segments.count
        return fits && zip(segments, other.segments).allSatisfy { $0 == .any || $0 == $1 }
    }
}
