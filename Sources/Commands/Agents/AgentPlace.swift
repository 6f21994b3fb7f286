internal import AgentEnvironment
internal import Core
internal import Foundation
internal import Settings

/// A registered run, or a trusted program, and what its process is given.
struct AgentPlace {
    let run: RegisteredRun
    let settings: Settings
    let proxyPort: Int
    /// What a trusted program needs besides; nil for a run.
    private var own: [String: String]?

    init(run: RegisteredRun, settings: Settings, proxyPort: Int) {
        (self.run, self.settings, self.proxyPort) = (run, settings, proxyPort)
    }

    /// A trusted program of the configuration; it may order keys too, at `COFFERDAM_API`.
    init(
        program name: String, settings: Settings, proxyPort: Int, adminPort: Int, environment: [String: String]
    ) throws(Quit) {
        let credential: ProgramCredential
        do { credential = try settings.credential(ofProgram: name, environment: environment) } catch {
            throw Quit("--trusted: \(error)", .usage)
        }
        let encoded = credential.secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        let known = RegisteredRun(
            id: name, secret: encoded ?? credential.secret, authority: try Self.authority(settings))
        self.init(run: known, settings: settings, proxyPort: proxyPort)
        var own = ["COFFERDAM_API": "http://127.0.0.1:\(adminPort)"]
        if let variable = credential.variable { own[variable] = credential.secret }
        // Programs of a hosted key service find their token where they look for it, unless they were given another.
        if settings.rules.virtualHosts.api != nil {
            for name in AgentSetup.controlVariables where (environment[name] ?? "").isEmpty {
                own[name] = credential.secret
            }
        }
        self.own = own
    }

    /// A program registers nothing, so nobody answers it the certificate.
    private static func authority(_ settings: Settings) throws(Quit) -> String {
        let path = settings.stateDir + "/ca.pem"
        guard let pem = FileManager.default.contents(atPath: path) else {
            throw Quit("\(path): the local CA can't be read; is the sidecar's state_dir right?", .noInput)
        }
        return String(decoding: pem, as: UTF8.self)
    }

    /// What the process needs; `folder` is where the CA bundle and the runtimes' helpers go, none of which holds a secret.
    func setup(folder: String, parent: [String: String], currentFolder: String?) -> AgentSetup {
        var surroundings = AgentSurroundings(
            // A colon would end the user's part of the URL.
            proxyURL: "http://\(run.id.replacing(":", with: "%3A")):\(run.secret)@127.0.0.1:\(proxyPort)",
            gateway: "http://127.0.0.1:\(proxyPort)",
            runID: run.id, runSecret: run.secret, authority: run.authority, folder: folder, parent: parent)
        surroundings.runListener = settings.listen.runs.first { $0.run == run.id }?.address.description
        if let bundle = AgentSurroundings.systemBundles.first(where: { access($0, R_OK) == 0 }) {
            surroundings.systemBundle = bundle
        }
        surroundings.currentFolder = currentFolder
        if let own {
            (surroundings.isProgram, surroundings.own, surroundings.kept) = (true, own, AgentSetup.controlVariables)
        }
        for vendor in settings.rules.vendors.values.sorted(by: { $0.name < $1.name }) {
            surroundings.vendors.append(
                AgentSurroundings.Vendor(
                    name: vendor.name, environment: vendor.environment, baseURLVariables: vendor.baseURL,
                    keyPrefixes: vendor.keyPrefixes.map(\.prefix)))
            surroundings.awsConfigured =
                surroundings.awsConfigured || vendor.hosts.contains { $0.hasSuffix(".amazonaws.com") }
        }
        surroundings.secrets = settings.rules.vendors.values.compactMap {
            $0.credential.map { String(bytes: $0.reveal()) }
        }
        surroundings.secretVariables = Set(settings.credentialVariables + ["COFFERDAM_TOKEN", "COFFERDAM_ADMIN"])
        return AgentSetup(surroundings)
    }
}

/// A folder that lives as long as a command.
struct TemporaryFolder {
    let path: String

    /// Made with mode 0700, under `$TMPDIR` or `/tmp`; what is shared with another user, who may not get into our
    /// `$TMPDIR`, with mode 0755 under `/tmp`.
    init(_ name: String, shared: Bool = false) throws(Quit) {
        let own = ProcessEnvironment.current["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let base = shared ? "/tmp" : own ?? "/tmp"
        var template = Array("\(base)/cofferdam-\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Quit(
                "\(base): no temporary folder can be made there: \(String(cString: strerror(errno)))", .cantCreate)
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if shared { chmod(path, 0o755) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
