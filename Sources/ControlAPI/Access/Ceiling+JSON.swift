internal import Core

extension Ceiling {
    static let fields = [
        "runs", "policies", "vendors", "key_lifetime_max", "daily_usd_cap_max", "total_usd_cap_max",
        "request_usd_cap_max", "required_tags",
    ]

    /// As calls and the file of the tokens have it.
    var members: [(String, JSONValue?)] {
        [
            ("runs", runs.map { .string($0.text) }),
            ("policies", policies.map { .array($0.map { .string($0) }) }),
            ("vendors", vendors.map { .array($0.map { .string($0) }) }),
            ("key_lifetime_max", lifetime.map { .string($0.text) }),
            ("daily_usd_cap_max", caps.daily.map { .usdText($0) }),
            ("total_usd_cap_max", caps.total.map { .usdText($0) }),
            ("request_usd_cap_max", caps.request.map { .usdText($0) }),
            ("required_tags", requiredTags.isEmpty ? nil : .array(requiredTags.map { .string($0) })),
        ]
    }

    /// Reads `members`.
    init(_ object: ObjectReader) throws(APIProblem) {
        self.init()
        runs = try object.text("runs").map { text throws(APIProblem) in Glob(try Label.check(text, "runs")) }
        (policies, vendors) = (try object.texts("policies"), try object.texts("vendors"))
        lifetime = try object.span("key_lifetime_max")
        requiredTags = try object.texts("required_tags") ?? []
        for name in requiredTags where !Tag.isName(name) {
            throw .field("required_tags", Tag.nameExpected(Shown.text(name)))
        }
        caps = Caps(
            daily: try object.dollars("daily_usd_cap_max"), total: try object.dollars("total_usd_cap_max"),
            request: try object.dollars("request_usd_cap_max"))
    }

    /// Names of what is not there are slips.
    func checkNames(_ rules: Rules) throws(APIProblem) {
        for name in policies ?? [] where !rules.policies.contains(where: { $0.name == name }) {
            throw .field("policies", "\(Shown.text(name)) is not configured")
        }
        for name in vendors ?? [] where rules.vendors[name] == nil {
            throw .field("vendors", "\(Shown.text(name)) is not configured")
        }
    }
}
