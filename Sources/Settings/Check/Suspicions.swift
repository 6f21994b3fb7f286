internal import Core

/// What is legal but probably not meant.
struct Suspicions {
    let settings: Settings
    private(set) var problems: [Problem] = []

    var rules: Rules { settings.rules }

    init(_ settings: Settings) { self.settings = settings }

    /// Everything suspicious about the settings.
    static func all(_ settings: Settings) -> [Problem] {
        var suspicions = Suspicions(settings)
        suspicions.checkVendors()
        suspicions.checkOrder()
        for policy in settings.rules.policies { suspicions.check(policy) }
        for budget in settings.rules.budgets { suspicions.check(budget) }
        return suspicions.problems
    }

    mutating func add(_ place: Place?, _ message: String) {
        let file = place?.file ?? "configuration"
        problems.append(Problem(file: file, line: place?.line ?? 0, message, severity: .warning))
    }

    private mutating func check(_ budget: Budget) {
        // Trusted programs issue keys with any label.
        guard rules.trusted.isEmpty, !rules.policies.contains(where: budget.reaches) else { return }
        add(budget.place, "budget \"\(budget.name)\" covers no policy; only keys made over the API can reach it")
    }
}
