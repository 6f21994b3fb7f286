/// A program that serves many runs, and may name them.
package struct TrustedProgram: Sendable {
    package var name: String
    package var digest: SecretDigest
    package var runs: Glob
    /// Labels of its keys and of the runs that it may name, which give them tags.
    package var templates: [LabelTemplate] = []
    /// How far its runs and keys may go; which runs those are, `runs` says.
    package var ceiling = Ceiling()
    package var place: Place?

    package init(name: String, digest: SecretDigest, runs: Glob) {
        (self.name, self.digest, self.runs) = (name, digest, runs)
    }
}

/// A host and port that may be tunnelled undecrypted.
package struct TunnelRule: Sendable, Hashable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) { (self.host, self.port) = (host, port) }
}

/// Names that are ourselves to whoever comes through us as a proxy.
package struct VirtualHosts: Sendable, Equatable {
    /// The vault-key service.
    package var api: String?
    /// The gateway.
    package var proxy: String?

    package init() {}

    func contains(_ host: String) -> Bool { api == host || proxy == host }
}

/// Everything that a configuration decides, checked; replaced whole on reload.
package struct Rules: Sendable {
    package var generation = 1
    /// Counts every change, those at run time too.
    var revision = 0
    package var vendors: [String: Vendor] = [:] {
        didSet {
            for name in vendors.keys { vendors[name]?.prepare() }
            hosts = Self.index(vendors)
        }
    }
    /// Vendor names by host.
    package private(set) var hosts: [String: String] = [:]
    /// In the order of the file; the first match wins.
    package var policies: [Policy] = []
    package var budgets: [Budget] = []
    package var tagRules = TagRules()
    /// What operators set at run time, by the account's ID.
    package var budgetChanges: [String: BudgetChange] = [:]
    package var trusted: [TrustedProgram] = []
    /// Runs with a listener of their own; a connection that is left of one is nobody's.
    package var ownRuns: Set<String> = []
    package var tunnels: Set<TunnelRule> = []
    /// Address rules for blind tunnels.
    package var tunnelDial = Dial()
    /// USD for one major unit, in micro-dollars; `usd` is 1,000,000.
    package var rates: [String: Money] = ["usd": Money(micros: 1_000_000)]
    /// Names that mean ourselves (`127.0.0.1:4700`): the gateway.
    package var ownAuthorities: Set<String> = []
    package var virtualHosts = VirtualHosts()
    package var runLifetime: Span = .seconds(86_400)
    /// The most content that is read to find a price, or to turn JSON into a form.
    package var judgedContentLimit = 1 << 20

    package init() {}

    private static func index(_ vendors: [String: Vendor]) -> [String: String] {
        var index: [String: String] = [:]
        for vendor in vendors.values {
            for host in vendor.hosts { index[host] = vendor.name }
        }
        return index
    }

    /// The policy that a run falls under for a vendor: the first that fits.
    package func policy(for runID: String, _ vendor: String) -> Policy? {
        policies.first { $0.vendor == vendor && $0.runs.matches(runID) }
    }

    /// What decides the tags of a run: the labels of the programs that may name it come first, whoever names it, so that
    /// its tags do not depend on who asks first.
    package func tagRules(for runID: String?, _ own: [LabelTemplate] = []) -> TagRules {
        var templates = own
        for program in trusted where !program.templates.isEmpty && runID.map(program.runs.matches) ?? false {
            templates += program.templates.filter { !templates.contains($0) }
        }
        return templates.isEmpty ? tagRules : tagRules.reading(templates)
    }

    mutating func forgetOver(at now: Moment) {
        guard budgetChanges.values.contains(where: { $0.isOver(at: now) }) else { return }
        budgetChanges = budgetChanges.filter { !$0.value.isOver(at: now) }
        revision += 1
    }

    package func vendor(host: String) -> Vendor? { hosts[host].flatMap { vendors[$0] } }
}
