internal import AgentEnvironment
internal import ArgumentParser
internal import Core
internal import Foundation
internal import Settings

/// `cofferdam run`: an agent's process, with a run of its own and without a credential.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Start an agent as a run: proxied, capped, and without any real credential.",
        discussion: """
            With --allow it needs no configuration and no running sidecar: it brings its own. Credentials are taken from \
            the variables in which the vendor's SDK looks for them, and the agent gets placeholders.

              cofferdam run --allow stripe:payment_intents.create --cap 20 -- python agent.py
              cofferdam run --run-id billing-7 -- node agent.js
              cofferdam run --sandbox --config proxy.conf --run-id billing-7 -- node agent.js

            The exit code is the agent's own. Run as root, --user NAME makes the agent another user, who can't read our \
            state; otherwise it protects against accidents only.
            """)

    @Option(help: "The run's ID: letters, digits, . _ : - (default: agent-XXXX).")
    var runID: String?

    @Option(help: ArgumentHelp("What the run may do; may be repeated.", valueName: "vendor:operation"))
    var allow: [String] = []

    @Option(help: ArgumentHelp("US dollars that the run may spend in all (with --allow).", valueName: "usd"))
    var cap: String?

    @Flag(
        help: ArgumentHelp(
            "Bring a sidecar whose vendors are played on loopback: no service, no credential, no money.",
            discussion: "With the configuration as it stands; see cofferdam sandbox."))
    var sandbox = false

    @Option(help: "Run the agent as this user (needs root).")
    var user: String?

    @Option(help: ArgumentHelp("The configuration of the running sidecar.", valueName: "path"))
    var config: String?

    @OptionGroup var tags: TagOptions

    @Argument(parsing: .postTerminator, help: "The agent's command, behind --.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("say what to run: cofferdam run [options] -- COMMAND") }
        guard cap == nil || !allow.isEmpty else {
            throw ValidationError("--cap goes with --allow; a policy has its own caps")
        }
        guard allow.isEmpty || config == nil else { throw ValidationError("give --allow or --config, not both") }
        guard allow.isEmpty || !sandbox else { throw ValidationError("give --allow or --sandbox, not both") }
        if let runID, !RunID.isValid(Array(runID.utf8)) {
            throw ValidationError("--run-id takes letters, digits and . _ : - (at most 128)")
        }
    }

    func run() async throws {
        Hardening.hide()
        let runID = self.runID ?? "agent-" + String(bytes: Random.letters(4)).lowercased()
        let session = try await session(runID)
        do {
            let code = try await supervise(session)
            await session.close()
            Foundation.exit(code)
        } catch {
            _ = await session.end()
            await session.close()
            throw error
        }
    }

    private func session(_ runID: String) async throws -> RunSession {
        if sandbox { return try await .sandboxed(runID: runID, tags: tags.json, config: config) }
        if allow.isEmpty { return try await .attached(runID: runID, tags: tags.json, config: config) }
        return try await .alone(runID: runID, allow: allow, cap: cap, tags: tags.json)
    }

    /// Starts the agent, waits for it, and tells what it did.
    private func supervise(_ session: RunSession) async throws -> Int32 {
        let isolation = try Isolation.of(user: user, stateDir: session.settings.stateDir)
        let folder = try TemporaryFolder("agent", shared: isolation.isOtherUser)
        defer { folder.remove() }
        let place = AgentPlace(run: session.run, settings: session.settings, proxyPort: session.proxyPort)
        let setup = place.setup(
            folder: folder.path + "/files", parent: ProcessEnvironment.current,
            currentFolder: FileManager.default.currentDirectoryPath)
        try setup.write(readableByAll: isolation.isOtherUser)
        Self.tell(headline(session, isolation))
        for warning in setup.warnings + session.settings.warnings.map(\.message) { Self.tell("warning: \(warning)") }
        var environment = setup.environment
        isolation.adapt(&environment)
        return try await agent(session, isolation.wrap(command), environment)
    }

    private func agent(_ session: RunSession, _ command: [String], _ environment: [String: String]) async throws
        -> Int32
    {
        let began = SystemClock.now()
        session.keepAlive()
        // Before the child: a signal that comes while it starts would end us, and leave it alone.
        let signals = SignalPass()
        let child = try ChildProcess(command, environment: environment)
        signals.begin(child)
        let code = await child.wait()
        signals.stop()
        let records = await session.end()
        let summary = RunSummary(
            runID: session.runID, records: records, cap: limit(session),
            code: code, seconds: (SystemClock.now() - began).microseconds / 1_000_000,
            canExplain: allow.isEmpty && !sandbox)
        for line in summary.lines { Self.tell(line) }
        return code
    }

    /// `run agent-7f3k · stripe TEST key · $20.00 · 1 operation · isolation: none (same user)`
    private func headline(_ session: RunSession, _ isolation: Isolation) -> String {
        let policies = session.settings.rules.policies.filter { $0.runs.matches(session.runID) }
        let vendors = policies.compactMap { session.settings.rules.vendors[$0.vendor] }.map { vendor in
            vendor.mode.map { "\(vendor.name) \($0.uppercased()) key" } ?? vendor.name
        }
        let operations = policies.reduce(0) { $0 + $1.endpoints.count }
        let money = limit(session).map(\.shown) ?? "no cap"
        let parts = [
            "run \(session.runID)", vendors.isEmpty ? "no vendor granted" : vendors.joined(separator: ", "), money,
            "\(operations) operation\(operations == 1 ? "" : "s")", "isolation: \(isolation.title)",
        ]
        return parts.joined(separator: " · ")
    }

    /// What the run may spend, as far as one figure tells it.
    private func limit(_ session: RunSession) -> Money? {
        if let cap { return Money(decimal: cap) }
        let policies = session.settings.rules.policies.filter { $0.runs.matches(session.runID) }
        return policies.count == 1 ? policies[0].caps.total ?? policies[0].caps.daily : nil
    }

    private static func tell(_ line: String) {
        Logs.say("cofferdam: \(Table.safe(line))")
    }
}
