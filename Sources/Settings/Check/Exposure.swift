internal import Core

/// The most that a policy lets be spent, in words.
enum Exposure {
    /// One line for each policy: `billing: $500.00 a day for each run, runs unbounded: no budget covers it`.
    static func lines(_ rules: Rules) -> [String] { rules.policies.map { line($0, rules.budgets) } }

    private static func line(_ policy: Policy, _ budgets: [Budget]) -> String {
        let covering = budgets.filter { $0.covers(policy) && !$0.caps.isEmpty }
        let who = policy.runs.isLiteral ? "for run \(policy.runs.text)" : "for each run"
        let perRun = covering.first { $0.per.contains(.run) }
        let each = policy.caps.isEmpty ? perRun?.words : policy.caps.words
        let first = "\(policy.name): \(each ?? "no cap") \(who)"
        if let shared = covering.first(where: { $0.per.allSatisfy { $0 == .policy || $0 == .vendor } }) {
            return first + ", \(shared.words) in all"
        }
        let tagged = covering.filter { $0.per.contains { if case .tag = $0 { true } else { false } } }
        if let each = tagged.first {
            let names = each.per.map(\.text).joined(separator: " and ")
            return first + ", \(each.words) for each \(names), of which there may be any number"
        }
        return policy.runs.isLiteral ? first : first + ", runs unbounded: no budget covers it"
    }
}

extension Budget {
    fileprivate var words: String { "\(caps.words) (budget \(name))" }
}

extension Caps {
    /// `$500.00 a day, $20.00 a request`.
    fileprivate var words: String {
        let parts = [
            daily.map { "\($0) a day" }, monthly.map { "\($0) a month" }, total.map { "\($0) ever" },
            request.map { "\($0) a request" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}
