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
        for case .tag(let name) in budget.per where !rules.sets(name) {
            add(
                budget.place,
                "budget \"\(budget.name)\" counts for each \"\(name)\", but nothing requires that tag or reads it from "
                    + "labels: all keys and runs without it share one account")
        }
        // Trusted programs issue keys with any label.
        guard rules.trusted.isEmpty, !rules.policies.contains(where: budget.reaches) else { return }
        add(budget.place, "budget \"\(budget.name)\" covers no policy; only keys made over the API can reach it")
    }
}

extension Rules {
    /// Whether something sees to it that keys and runs have this tag.
    fileprivate func sets(_ name: String) -> Bool {
        tagRules.required.contains(name)
            || (tagRules.templates + trusted.flatMap(\.templates)).contains { $0.names.contains(name) }
            || (!policies.isEmpty && policies.allSatisfy { $0.requiredTags.contains(name) || $0.tags[name] != nil })
    }
}
