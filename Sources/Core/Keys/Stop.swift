/// The panic button: an operator's word that nothing more is done for whatever it covers.
package struct Stop: Sendable, Equatable {
    /// What is stopped.
    package enum Target: Sendable, Equatable {
        case all
        case run(Glob)
        case label(Glob)
        case policy(String)
        case vendor(String)
        case tag(String, Glob)
    }

    /// `stop_` and 16 random letters.
    package var id: String
    package var target: Target
    package var createdAt: Moment
    /// When it ends by itself; nil when only an operator ends it.
    package var until: Moment?
    package var reason: String
    /// The operator.
    package var by: String

    package init(id: String, target: Target, createdAt: Moment, until: Moment?, reason: String, by: String) {
        (self.id, self.target, self.createdAt) = (id, target, createdAt)
        (self.until, self.reason, self.by) = (until, reason, by)
    }

    package func isOver(at now: Moment) -> Bool { until.map { $0 <= now } ?? false }

    package func covers(_ subject: Subject) -> Bool {
        switch target {
        case .all: true
        case .run(let glob): subject.runID.map(glob.matches) ?? false
        case .label(let glob): subject.owners.contains { glob.matches($0.label) }
        case .policy(let name): subject.policy == name || subject.owners.contains { $0.policy == name }
        case .vendor(let name): subject.vendor == name
        case .tag(let name, let glob): subject.owners.contains { [name: glob].fit($0.tags) }
        }
    }
}

/// Whose request it is, and where it goes: what a stop can be about.
package struct Subject: Sendable, Equatable {
    /// What a key or a run goes by.
    package struct Owner: Sendable, Equatable {
        package var label: String
        package var tags: Tags
        /// The policy that it has its rights from.
        package var policy: String?

        package init(label: String, tags: Tags = [:], policy: String? = nil) {
            (self.label, self.tags, self.policy) = (label, tags, policy)
        }
    }

    package var runID: String?
    /// The key, and the run under its policy: a run that shows another key can't leave its own label and tags behind.
    package var owners: [Owner]
    package var policy: String?
    package var vendor: String?

    package init(runID: String? = nil, owners: [Owner] = [], policy: String? = nil, vendor: String? = nil) {
        (self.runID, self.owners, self.policy, self.vendor) = (runID, owners, policy, vendor)
    }
}

extension Rules {
    /// The subject of a run, of a key with this label, or of both.
    package func subject(_ run: Run?, runID: String?, key: Subject.Owner?, vendor: String) -> Subject {
        let policy = runID.flatMap { self.policy(for: $0, vendor) }
        let own = runID.map { owner(run, $0, policy) }
        return Subject(
            runID: runID, owners: [key, own].compactMap(\.self), policy: policy?.name ?? key?.policy, vendor: vendor)
    }

    /// A run under its policy; with the tags that are certain.
    func owner(_ run: Run?, _ runID: String, _ policy: Policy?) -> Subject.Owner {
        let given = (policy?.tags ?? [:]).merging(run?.tags ?? [:]) { _, own in own }
        let label = policy?.label(run: runID) ?? runID
        let tags = tagRules(for: runID).certain(given, label: label)
        return Subject.Owner(label: label, tags: tags, policy: policy?.name)
    }
}

extension Stop.Target {
    /// `all`, or `kind=value`, as commands and records write it and the store keeps it.
    package var text: String {
        switch self {
        case .all: "all"
        case .run(let glob): "run=\(glob.text)"
        case .label(let glob): "label=\(glob.text)"
        case .policy(let name): "policy=\(name)"
        case .vendor(let name): "vendor=\(name)"
        case .tag(let name, let glob): "tag.\(name)=\(glob.text)"
        }
    }

    /// Reads `text`; nil for anything else.
    package init?(_ text: String) {
        if text == "all" {
            self = .all
            return
        }
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2, !halves[1].isEmpty else { return nil }
        switch halves[0] {
        case "run": self = .run(Glob(halves[1]))
        case "label": self = .label(Glob(halves[1]))
        case "policy": self = .policy(halves[1])
        case "vendor": self = .vendor(halves[1])
        case let kind where kind.hasPrefix("tag.") && Tag.isName(String(kind.dropFirst(4))):
            self = .tag(String(kind.dropFirst(4)), Glob(halves[1]))
        default: return nil
        }
    }
}
