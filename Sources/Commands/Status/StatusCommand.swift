internal import ArgumentParser
internal import Core

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is wrong, what is spent, and who spends.",
        discussion: """
            Exits 1 when the sidecar is degraded: a credential is missing, a configuration was rejected, the store can't \
            be written, the local CA is about to end. Fit for a monitor:

              cofferdam status > /dev/null || page-someone
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await client.client().call(.get, "/status")
        Screen.print(output.json ? status.line : StatusView(status).text)
        if status.string("status") != "ok" { throw ExitCode(1) }
    }
}
