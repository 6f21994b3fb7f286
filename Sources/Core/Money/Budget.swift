/// A rule that makes one account for each value of `per`, shared by many runs and keys.
package struct Budget: Sendable {
    package enum Dimension: Sendable, Hashable {
        case run, label, policy, vendor
        case tag(String)
    }

    package var name: String
    /// Empty: one account for everything.
    package var per: [Dimension] = []
    package var caps = Caps()
    /// Caps of single values (several dimensions joined with `,`).
    package var overrides: [String: Caps] = [:]
    /// Only requests to this vendor.
    package var vendor: String?
    /// Only requests under labels that match.
    package var label: Glob?
    /// Only requests of owners with these tags.
    package var tags: [String: Glob] = [:]
    package var place: Place?

    package init(name: String) { self.name = name }
}

extension Budget.Dimension {
    /// As the configuration writes it.
    package init?(_ text: String) {
        switch text {
        case "run": self = .run
        case "label": self = .label
        case "policy": self = .policy
        case "vendor": self = .vendor
        default:
            guard Tag.isName(text) else { return nil }
            self = .tag(text)
        }
    }

    package var text: String {
        switch self {
        case .run: "run"
        case .label: "label"
        case .policy: "policy"
        case .vendor: "vendor"
        case .tag(let name): name
        }
    }

    /// Those that every request has.
    package static let all: [Self] = [.run, .label, .policy, .vendor]
}

extension Budget {
    func covers(_ vendor: String, _ owner: Subject.Owner) -> Bool {
        (self.vendor ?? vendor) == vendor && (label?.matches(owner.label) ?? true)
            && (tags.isEmpty || tags.fit(owner.tags))
    }

    func cover(_ subject: Subject, _ owner: Subject.Owner, _ changes: [String: BudgetChange]) -> Cover {
        // What has no value shares one account: nothing escapes a budget by leaving a tag out.
        let values = per.map { dimension in
            switch dimension {
            case .run: subject.runID ?? "-"
            case .label: owner.label
            case .policy: owner.policy ?? subject.policy ?? "-"
            case .vendor: subject.vendor ?? "-"
            case .tag(let name): owner.tags[name] ?? "-"
            }
        }
        let value = Self.value(values)
        let title = per.isEmpty ? "budget \(name)" : "budget \(name) (\(value))"
        let account = Account(kind: .budget, id: Self.accountID(name, value), title: title)
        return Cover(account: account, caps: caps(of: value, changes), place: place)
    }

    /// The values of `per` as one name. A comma inside one is written otherwise: `a,b` and `c` are not `a` and `b,c`.
    package static func value(_ values: [String]) -> String {
        guard values.count > 1 else { return values.first ?? "" }
        return values.map { $0.replacing("%", with: "%25").replacing(",", with: "%2C") }.joined(separator: ",")
    }
}
