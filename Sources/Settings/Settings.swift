package import Core

/// A configuration, checked: what `serve` and `run` start from. A property's initial value is its only default.
package struct Settings: Sendable {
    package var listen = Listen()
    /// Token, CA key and store live here; an absolute path.
    package var stateDir = ""
    package var store = Store()
    /// Where the encrypted store of credentials is.
    package var secrets = SecretsPlace()
    package var rules = Rules()
    package var spend = Spend()
    /// What is legal but needs a look: a credential that is missing, one that others can read.
    package var warnings: [Problem] = []
    /// The file that it was read from; nil when there is none (`cofferdam run --allow`).
    package var sourceFile: String?
    /// Variables of our environment that hold real secrets: no child may inherit them.
    package var credentialVariables: [String] = []
    /// Those of them that hold the secrets of trusted programs.
    package var trustedVariables: [String] { trustedSources.values.compactMap(\.variable) }
    /// Where the secrets of trusted programs are, by name.
    var trustedSources: [String: CredentialSource] = [:]

    package init() {}
}

/// Where we listen, and with what.
package struct Listen: Sendable {
    package var proxy = HostPort("127.0.0.1", 4700)
    package var admin = HostPort("127.0.0.1", 4701)
    /// Serves `/healthz`, `/readyz` and `/metrics` only; may be any address.
    package var probes: HostPort?
    /// Listeners of single runs, which show no secret there.
    package var runs: [RunListener] = []
    package var threads = Self.defaultThreads
    /// How long SIGTERM waits for what is in flight.
    package var drain: Span = .seconds(25)
    package var allowRemote = false
    /// How much is served at once; further down where the process may open few files.
    package var limits = ServingLimits()

    package init() {}
}

/// A listener that belongs to one run.
package struct RunListener: Sendable, Equatable {
    package var address: HostPort
    package var run: String

    package init(address: HostPort, run: String) { (self.address, self.run) = (address, run) }
}

/// The store of keys, runs, money and audit records.
package struct Store: Sendable {
    /// The SQLite file, an absolute path; empty until the state folder is known.
    package var sqlite = ""
    /// Nothing is removed unless told.
    package var retention = Retention()

    package init() {}
}

/// How days are counted.
package struct Spend: Sendable {
    package var zone = SpendingZone.utc

    package init() {}
}
