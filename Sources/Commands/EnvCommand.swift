internal import AgentEnvironment
internal import ArgumentParser
internal import Core
internal import Foundation
internal import Settings

/// `cofferdam env`: the same environment, for processes that somebody else starts.
struct EnvCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Register a run and print the environment that its process needs.",
        discussion: """
              eval "$(cofferdam env --run-id billing-7)"
              cofferdam env --run-id billing-7 --format dotenv > agent.env

            The output holds the run's secret, and no other. The files that it names (a CA bundle, helpers of Python, \
            Node and Java) are written to --write DIR.
            """)

    @Option(help: "The run's ID: letters, digits, . _ : - (default: agent-XXXX).")
    var runID: String?

    @Option(help: "shell, dotenv or k8s.")
    var format: EnvironmentFormat = .shell

    @Option(
        help: ArgumentHelp(
            "Where the files go (default: a folder of the run under $XDG_RUNTIME_DIR or /tmp).", valueName: "dir"))
    var write: String?

    @Option(help: ArgumentHelp("How long the run may live (5m, 24h).", valueName: "span"))
    var lifetime = "24h"

    @Option(help: ArgumentHelp("The configuration of the running sidecar.", valueName: "path"))
    var config: String?

    func run() async throws {
        let runID = self.runID ?? "agent-" + String(bytes: Random.letters(4)).lowercased()
        guard RunID.isValid(Array(runID.utf8)) else { throw Quit("--run-id takes letters, digits and . _ : -", .usage) }
        let settings = try Startup.settings(config)
        let client = try AdminClient(AdminAddress.find(config: config))
        let order = JSONValue.object([.init("id", .string(runID)), .init("lifetime", .string(lifetime))])
        let secret = try await client.call(.post, "/v1/runs", order).string("secret")
        let place = AgentPlace(
            runID: runID, secret: secret, settings: settings, proxyPort: settings.listen.proxy.port)
        let setup = try place.setup(folder: try folder(runID), parent: ProcessEnvironment.current, currentFolder: nil)
        do { try setup.write(readableByAll: true) } catch { throw Quit("\(error)", .cantCreate) }
        for warning in setup.warnings { FileHandle.standardError.write(Data("cofferdam: warning: \(warning)\n".utf8)) }
        Screen.print(setup.format(format.value))
    }

    private func folder(_ runID: String) throws(Quit) -> String {
        if let write { return URL(fileURLWithPath: write).standardizedFileURL.path }
        let base = ProcessEnvironment.current["XDG_RUNTIME_DIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        // A name that nobody can have taken before us: /tmp is everybody's.
        return "\(base)/cofferdam-env-\(runID)-\(String(bytes: Random.letters(8)))"
    }
}

/// How `env` writes.
enum EnvironmentFormat: String, ExpressibleByArgument, CaseIterable {
    case shell, dotenv, k8s

    var value: AgentSetup.Format {
        switch self {
        case .shell: .shell
        case .dotenv: .dotenv
        case .k8s: .k8s
        }
    }
}
