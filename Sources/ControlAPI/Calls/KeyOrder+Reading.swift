internal import Core

extension KeyOrder {
    /// Longer than any agent's work; what lives longer belongs under a policy.
    static let longestLifetime = Span.seconds(30 * 86_400)
    static let normalLifetime = Span.seconds(15 * 60)

    private static let fields = [
        "label", "agent_run_label", "vendor", "allowed_endpoints", "daily_usd_cap", "total_usd_cap", "request_usd_cap",
        "expires_in", "expires_at", "run_id", "tags", "only", "policy",
    ]

    /// Reads the content of `POST /v1/keys`; nothing is bounded yet but the lifetime.
    static func read(_ call: Call, _ rules: Rules, now: Moment) throws(APIProblem) -> KeyOrder {
        let object = try call.object(fields)
        let policy = try policy(object, rules)
        let vendor = try vendor(object, policy, rules)
        var order = KeyOrder(
            label: try label(object), vendor: vendor.name, endpoints: try endpoints(object, policy, vendor),
            caps: try caps(object), lifetime: try lifetime(object, policy, call, now: now))
        order.policy = policy
        order.runID = try object.text("run_id").map { id throws(APIProblem) in try RunID.check(id, "run_id") }
        (order.tags, order.only) = (try object.tags(), try object.fieldRules("only"))
        if let id = order.runID { try call.bounded { ceiling throws(Excess) in try ceiling.check(run: id) } }
        return order
    }

    /// The order within the policy that it names and the issuer's ceiling; its tags are complete.
    func bounded(_ call: Call, _ rules: Rules) throws(APIProblem) -> KeyOrder {
        if let policy, let vendor = rules.vendors[vendor] {
            do throws(Excess) { try policy.check(self, vendor) } catch { throw .beyondPolicy(error) }
        }
        let order = try call.bounded { ceiling throws(Excess) in
            try ceiling.check(tags)
            return try ceiling.bound(self, rules)
        }
        guard let policy else { return order }
        do throws(Excess) { return try policy.bound(order) } catch { throw .beyondPolicy(error) }
    }

    private static func policy(_ object: ObjectReader, _ rules: Rules) throws(APIProblem) -> Policy? {
        guard let name = try object.text("policy") else { return nil }
        guard let policy = rules.policies.first(where: { $0.name == name }) else {
            throw .field("policy", "not configured")
        }
        return policy
    }

    private static func label(_ object: ObjectReader) throws(APIProblem) -> String {
        guard let (name, value) = try object.value(["label", "agent_run_label"]) else {
            throw .field("label", "missing")
        }
        guard let text = value.text else { throw .field(name, "expected a string") }
        return try Label.check(text, name)
    }

    private static func vendor(
        _ object: ObjectReader, _ policy: Policy?, _ rules: Rules
    ) throws(APIProblem) -> Vendor {
        let given = try object.text("vendor")
        if let given, let policy, given != policy.vendor {
            throw .field("vendor", "policy \(policy.name) is for \(policy.vendor)")
        }
        guard let name = given ?? policy?.vendor else { throw .field("vendor", "missing") }
        guard let vendor = rules.vendors[name] else {
            let known = rules.vendors.keys.sorted().joined(separator: ", ")
            throw .field("vendor", "not configured; configured are: \(known.isEmpty ? "none" : known)")
        }
        return vendor
    }

    private static func endpoints(
        _ object: ObjectReader, _ policy: Policy?, _ vendor: Vendor
    ) throws(APIProblem) -> [EndpointPattern] {
        guard let texts = try object.texts("allowed_endpoints") else {
            if let policy { return policy.endpoints }
            throw .field("allowed_endpoints", "missing; an empty list allows nothing")
        }
        var patterns: [EndpointPattern] = []
        for text in texts { patterns.append(try endpoint(text, vendor)) }
        return patterns
    }

    /// A path pattern, or the name of an operation in the catalogue.
    private static func endpoint(_ text: String, _ vendor: Vendor) throws(APIProblem) -> EndpointPattern {
        let field = "allowed_endpoints"
        if let why = vendor.operations.first(where: { $0.name == text })?.refused {
            throw .field(field, "\(text) is never allowed: \(why)")
        }
        do { return try vendor.endpoint(text) } catch { throw .field(field, Shown.text(error.message, limit: 200)) }
    }

    private static func caps(_ object: ObjectReader) throws(APIProblem) -> Caps {
        Caps(
            daily: try object.dollars("daily_usd_cap"), total: try object.dollars("total_usd_cap"),
            request: try object.dollars("request_usd_cap"))
    }

    private static func lifetime(
        _ object: ObjectReader, _ policy: Policy?, _ call: Call, now: Moment
    ) throws(APIProblem) -> Span {
        let given = try lifetime(object, now: now)
        do throws(Excess) { try policy?.check(lifetime: given) } catch { throw .beyondPolicy(error) }
        return try call.bounded { ceiling throws(Excess) in
            try ceiling.bound(lifetime: given, normal: policy?.lifetime ?? normalLifetime)
        }
    }

    /// nil when none is given.
    private static func lifetime(_ object: ObjectReader, now: Moment) throws(APIProblem) -> Span? {
        guard let (name, _) = try object.value(["expires_in", "expires_at"]) else { return nil }
        let lifetime = name == "expires_in" ? try object.span(name) : try object.moment(name).map { $0 - now }
        guard let lifetime, lifetime.microseconds > 0 else { throw .field(name, "must be in the future") }
        guard lifetime <= longestLifetime else { throw .field(name, "more than 30 days is too long for a vault key") }
        return lifetime
    }
}
