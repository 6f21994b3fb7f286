internal import AgentEnvironment
internal import ArgumentParser
internal import Core
internal import Foundation
internal import Settings

/// `cofferdam env`: the same environment, for processes that somebody else starts.
struct EnvCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Register a run and give the environment that its process needs.",
        discussion: """
              eval "$(cofferdam env --run-id billing-7)"
              cofferdam env --run-id billing-7 --format dotenv --write /run/agents/billing-7
              cofferdam env --run-id billing-7 --format k8s | kubectl apply --server-side -f -
              cofferdam env --trusted shop --format dotenv --write /run/shop

            It holds the run's secret, or the trusted program's, and no other. With --write it goes to a file (mode 0600) and only how to use that \
            is printed; without, it is printed. The files that it names (a CA bundle, helpers of Python, Node and Java) \
            hold no secret.
            """)

    @Option(help: "The run's ID: letters, digits, . _ : - (default: agent-XXXX).")
    var runID: String?

    @Option(
        help: ArgumentHelp(
            "A trusted program of the configuration instead of a run: it names its runs in X-Agent-Run-Id.",
            valueName: "name"))
    var trusted: String?

    @Option(help: "shell, dotenv (docker --env-file, python-dotenv, systemd) or k8s (a Secret and a ConfigMap).")
    var format: EnvironmentFormat = .shell

    @Option(
        help: ArgumentHelp(
            "Write everything into this folder, for this user only.",
            discussion: "Without it the files go to a folder of the run under $XDG_RUNTIME_DIR or /tmp.",
            valueName: "dir"))
    var write: String?

    @Option(
        help: ArgumentHelp(
            "Where the agent sees the files, when that is not where they are written: in a container.",
            discussion: "For k8s: \(EnvironmentFormat.mountInPod) unless said.", valueName: "path"))
    var mount: String?

    @Option(help: ArgumentHelp("How long the run may live (5m, 24h).", valueName: "span"))
    var lifetime = "24h"

    @Option(help: ArgumentHelp("The configuration of the running sidecar.", valueName: "path"))
    var config: String?

    @OptionGroup var tags: TagOptions

    func validate() throws {
        guard runID == nil || trusted == nil else { throw ValidationError("give --run-id or --trusted, not both.") }
        guard mount.map({ $0.hasPrefix("/") }) ?? true else { throw ValidationError("--mount takes an absolute path.") }
        guard mount == nil || write != nil || format == .k8s else {
            throw ValidationError("--mount goes with --write.")
        }
    }

    func run() async throws {
        let runID = trusted ?? self.runID ?? "agent-" + String(bytes: Random.letters(4)).lowercased()
        guard RunID.isValid(Array(runID.utf8)) else { throw Quit("--run-id takes letters, digits and . _ : -", .usage) }
        let folder = folder(runID)
        // Before a run is registered that nobody can use.
        if write != nil { try reporting { try AgentSetup.makeFolder(folder, mode: 0o700) } }
        let setup = try await setup(runID, folder)
        if format != .k8s {
            let mode = write == nil ? 0o644 : 0o600
            try reporting { try setup.write(to: folder, readableByAll: write == nil, mode: mode) }
        }
        for warning in setup.warnings { Logs.say("cofferdam: warning: \(warning)") }
        let text = setup.format(format.value)
        guard write != nil else { return Screen.print(text) }
        let path = folder + "/" + format.fileName
        do { try PrivateFile.write(Array(text.utf8), to: path) } catch { throw Quit("\(error)", .cantCreate) }
        Screen.print(format.usage(of: path, in: folder, mount: mount ?? folder))
    }

    private func setup(_ runID: String, _ folder: String) async throws -> AgentSetup {
        let settings = try Startup.settings(config)
        let seen = mount ?? (format == .k8s ? EnvironmentFormat.mountInPod : folder)
        if let trusted {
            let program = try AgentPlace(
                program: trusted, settings: settings, proxyPort: settings.listen.proxy.port,
                adminPort: settings.listen.admin.port, environment: ProcessEnvironment.current)
            return program.setup(folder: seen, parent: parent, currentFolder: nil)
        }
        let client = try AdminClient(AdminAddress.find(config: config))
        let terms = [JSONValue.Member("lifetime", .string(lifetime))] + (tags.json.map { [.init("tags", $0)] } ?? [])
        let run = try await RegisteredRun(runID, terms, at: client)
        let place = AgentPlace(run: run, settings: settings, proxyPort: settings.listen.proxy.port)
        return place.setup(folder: seen, parent: parent, currentFolder: nil)
    }

    /// A shell has our own environment. A container has another: of ours only whom else to trust, and what needs no proxy.
    private var parent: [String: String] {
        let own = ProcessEnvironment.current
        guard format != .shell else { return own }
        let kept = AgentSetup.bundleVariables + AgentSetup.additionVariables + ["NO_PROXY", "no_proxy"]
        return own.filter { kept.contains($0.key) }
    }

    private func reporting(_ body: () throws -> Void) throws(Quit) {
        do { try body() } catch let folder as ForeignFolder {
            throw Quit("\(folder.path): is no folder of this user", .cantCreate)
        } catch { throw Quit("\(error.localizedDescription)", .cantCreate) }
    }

    private func folder(_ runID: String) -> String {
        if let write { return URL(fileURLWithPath: write).standardizedFileURL.path }
        let base = ProcessEnvironment.current["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        // A name that nobody can have taken before us: /tmp is everybody's.
        return "\(base)/cofferdam-env-\(runID)-\(String(bytes: Random.letters(8)))"
    }
}

/// How `env` writes.
enum EnvironmentFormat: String, ExpressibleByArgument, CaseIterable {
    case shell, dotenv, k8s

    static let mountInPod = "/etc/cofferdam-agent"

    var value: AgentSetup.Format {
        switch self {
        case .shell: .shell
        case .dotenv: .dotenv
        case .k8s: .k8s
        }
    }

    var fileName: String {
        switch self {
        case .shell: "agent.sh"
        case .dotenv: "agent.env"
        case .k8s: "agent.yaml"
        }
    }

    /// What to do with the file.
    func usage(of path: String, in folder: String, mount: String) -> String {
        switch self {
        case .shell: ". \(AgentSetup.shellQuoted(path))"
        case .dotenv:
            "docker run --network host --env-file \(AgentSetup.shellQuoted(path)) "
                + "-v \(AgentSetup.shellQuoted("\(folder):\(mount):ro")) IMAGE"
        case .k8s:
            "kubectl apply --server-side -f \(AgentSetup.shellQuoted(path))   # how a pod uses it stands in the file"
        }
    }
}
