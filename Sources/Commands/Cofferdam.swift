package import ArgumentParser
internal import Foundation

/// The program: one subcommand for each thing that an operator or an agent's wrapper does.
package struct Cofferdam: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cofferdam",
        abstract: "Let an AI agent spend money without giving it the key.",
        discussion: """
            A sidecar between agents and the vendors they call (Stripe, Twilio, OpenAI and the like). An agent's run gets \
            a short-lived vault key with an endpoint allowlist and spend caps; the real credential stays here.

            At 2 a.m.:
              cofferdam status                   what is wrong, who spends
              cofferdam stop run=billing-7       refuse and cut everything of one run
              cofferdam explain REQUEST_ID       why a request was decided as it was
            """,
        version: Version.current,
        groupedSubcommands: [
            CommandGroup(name: "Serving", subcommands: serving), CommandGroup(name: "Looking", subcommands: looking),
            CommandGroup(name: "Stopping", subcommands: stopping),
            CommandGroup(name: "Keys and runs", subcommands: issuing),
        ])

    private static let serving: [any ParsableCommand.Type] = [
        Serve.self, RunCommand.self, EnvCommand.self, CheckCommand.self, SecretCommand.self,
        DemoCommand.self, SandboxCommand.self,
    ]
    private static let looking: [any ParsableCommand.Type] = [
        StatusCommand.self, AuditCommand.self, SpendCommand.self, HoldsCommand.self, BudgetsCommand.self,
        ExplainCommand.self,
        AuthorityCommand.self,
    ]
    private static let stopping: [any ParsableCommand.Type] = [StopCommand.self, ResumeCommand.self]
    private static let issuing: [any ParsableCommand.Type] = [KeysCommand.self, RunsCommand.self, TokenCommand.self]

    package init() {}

    /// Runs the subcommand that the arguments name; ends the process with its exit code.
    package static func start() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            LogWriter.shared.flush()
        } catch let quit as Quit {
            Logs.say("cofferdam: \(quit)")
            Foundation.exit(quit.code.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
