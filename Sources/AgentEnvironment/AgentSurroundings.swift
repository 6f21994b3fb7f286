package import FoundationEssentials

/// What an agent's environment is made of: its run, the sidecar that it shall use, and what the parent has.
package struct AgentSurroundings: Sendable {
    /// A vendor as far as an agent's environment knows it; from the catalogue.
    package struct Vendor: Sendable {
        package var name: String
        /// Variables that the vendor's SDKs read, with what they shall hold instead of a credential.
        /// `{run_secret}` in a value becomes the run's secret.
        package var environment: [String: String]
        /// Variables that hold a base URL, with the path behind the gateway's (`/openai/v1`).
        package var baseURLVariables: [String: String]
        /// How the vendor's real keys begin (`sk_live_`).
        package var keyPrefixes: [String]

        package init(
            name: String, environment: [String: String] = [:], baseURLVariables: [String: String] = [:],
            keyPrefixes: [String] = []
        ) {
            self.name = name
            self.environment = environment
            self.baseURLVariables = baseURLVariables
            self.keyPrefixes = keyPrefixes
        }
    }

    /// `http://RUN_ID:SECRET@HOST:PORT`.
    package var proxyURL: String
    /// The gateway's base URL, without a slash at its end.
    package var gateway: String
    /// Or the name and the secret of a trusted program, which names its runs itself.
    package var runID: String
    package var runSecret: String
    package var isProgram = false
    /// What it gets besides, whatever the parent has.
    package var own: [String: String] = [:]
    /// Our CA in PEM.
    package var authority: String
    /// Where the files shall lie; an absolute path. Nothing is written before ``AgentSetup/write(readableByAll:)``.
    package var folder: String
    /// The parent's environment.
    package var parent: [String: String]

    /// Where the systems that we know keep their roots in one PEM file, in the order in which they are tried.
    package static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Arch
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL, Fedora, Amazon Linux
        "/etc/pki/tls/certs/ca-bundle.crt",  // older RHEL
        "/etc/ssl/ca-bundle.pem",  // SUSE
        "/etc/ssl/cert.pem",  // Alpine without ca-certificates
    ]

    /// The system's roots in one PEM file.
    package var systemBundle = "/etc/ssl/certs/ca-certificates.crt"
    package var vendors: [Vendor] = []
    /// Real credentials, whose values must not be found anywhere in the child's environment.
    package var secrets: [String] = []
    /// Names of variables that hold real credentials.
    package var secretVariables: Set<String> = []
    /// Variables of ``AgentSetup/controlVariables`` that the child shall keep all the same.
    package var kept: Set<String> = []
    /// Whether requests to AWS are signed anew by the sidecar, so that the agent needs no way to credentials.
    package var awsConfigured = false
    /// `HOST:PORT` of a listener that is bound to this run. Java can't send a proxy credential.
    package var runListener: String?
    /// Sets the base URL variables too, for clients that can't be proxied. Their keys must then be `{run_secret}`.
    package var usesBaseURLs = false
    /// Where the agent starts: looked through for `.env` files.
    package var currentFolder: String?
    /// Reads a file; nil when it is not there or not readable.
    package var read: @Sendable (String) -> Data? = { FileManager.default.contents(atPath: $0) }

    package init(
        proxyURL: String, gateway: String, runID: String, runSecret: String, authority: String, folder: String,
        parent: [String: String]
    ) {
        self.proxyURL = proxyURL
        self.gateway = gateway
        self.runID = runID
        self.runSecret = runSecret
        self.authority = authority
        self.folder = folder
        self.parent = parent
    }

    func text(at path: String) -> String? {
        read(path).map { String(decoding: $0, as: UTF8.self) }
    }
}
