/// The panic button: an operator's word that nothing more is done for whatever it covers.
package struct Stop: Sendable, Equatable {
    /// What is stopped.
    package enum Target: Sendable, Equatable {
        case all
        case run(Glob)
        case label(Glob)
        case policy(String)
        case vendor(String)
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
        case .label(let glob): subject.labels.contains(where: glob.matches)
        case .policy(let name): subject.policy == name
        case .vendor(let name): subject.vendor == name
        }
    }
}

/// Whose request it is, and where it goes: what a stop can be about.
package struct Subject: Sendable, Equatable {
    package var runID: String?
    /// The key's, and the one that the run's policy gives: a run that shows another key can't leave its own behind.
    package var labels: [String]
    package var policy: String?
    package var vendor: String?

    package init(runID: String? = nil, labels: [String] = [], policy: String? = nil, vendor: String? = nil) {
        (self.runID, self.labels, self.policy, self.vendor) = (runID, labels, policy, vendor)
    }
}

extension Rules {
    /// The subject of a run, of a key with this label, or of both.
    package func subject(runID: String?, keyLabel: String?, keyPolicy: String? = nil, vendor: String) -> Subject {
        let policy = runID.flatMap { self.policy(for: $0, vendor) }
        let own = runID.flatMap { policy?.label(run: $0) }
        return Subject(
            runID: runID, labels: [keyLabel, own].compactMap(\.self), policy: policy?.name ?? keyPolicy, vendor: vendor)
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
        default: return nil
        }
    }
}
