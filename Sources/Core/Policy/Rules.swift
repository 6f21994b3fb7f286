/// A standing right of runs to get a key for one vendor.
package struct Policy: Sendable {
    package var name: String
    /// Run IDs that it is for.
    package var runs: Glob
    package var vendor: String
    package var endpoints: [EndpointPattern]
    /// For each run.
    package var caps = Caps()
    /// Caps of single operations (by operation name), also for each run.
    package var operationCaps: [String: Caps] = [:]
    /// Lifetime of its exchanged keys.
    package var lifetime: Span = .seconds(300)
    /// The label of its keys; `{run}` and `{policy}` are filled in.
    package var label = "{run}"
    /// Values that are let through in fields which select accounts, modes and versions (lower-case names).
    package var pinned: [String: [String]] = [:]
    /// Changes when anything that matters changes.
    package var fingerprint = ""
    package var place: Place?
    package var capsPlace: Place?

    package init(name: String, runs: Glob, vendor: String, endpoints: [EndpointPattern]) {
        (self.name, self.runs, self.vendor, self.endpoints) = (name, runs, vendor, endpoints)
    }
}

/// A rule that makes one account for each value of `per`, shared by many runs and keys.
package struct Budget: Sendable {
    package enum Dimension: String, Sendable, CaseIterable { case run, label, policy, vendor }

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
    package var place: Place?

    package init(name: String) { self.name = name }
}

/// A program that serves many runs, and may name them.
package struct TrustedProgram: Sendable {
    package var name: String
    package var digest: SecretDigest
    package var runs: Glob
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

/// Everything that a configuration decides, checked; replaced whole on reload.
package struct Rules: Sendable {
    package var generation = 1
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
    package var trusted: [TrustedProgram] = []
    package var tunnels: Set<TunnelRule> = []
    /// Address rules for blind tunnels.
    package var tunnelDial = Dial()
    /// USD for one major unit, in micro-dollars; `usd` is 1,000,000.
    package var rates: [String: Money] = ["usd": Money(micros: 1_000_000)]
    /// Names that mean ourselves (`127.0.0.1:4700`): the gateway.
    package var ownAuthorities: Set<String> = []
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

    package func vendor(host: String) -> Vendor? { hosts[host].flatMap { vendors[$0] } }
}
