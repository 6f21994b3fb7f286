internal import ArgumentParser
internal import Core
internal import Foundation
internal import UnixSignals

/// `cofferdam demo`: the whole story on an empty machine, against a sandbox vendor on loopback.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Show the whole thing on an empty machine, in seconds.",
        discussion: """
            Starts a sandbox vendor with TLS on loopback, a sidecar in a temporary folder, and an agent (curl, and \
            stripe-python where it can be imported) that goes through HTTPS_PROXY. Nothing leaves this machine, and \
            nothing stays behind. The exit code tells whether every step went as told.
            """)

    @Flag(help: "Stay up afterwards, until Ctrl-C, so that your own agent can be put behind it.")
    var keep = false

    func run() async throws {
        Hardening.apply()
        let began = SystemClock.now()
        let folder = try TemporaryFolder("demo")
        defer { folder.remove() }
        let stage = try await DemoStage.set(in: folder.path)
        let failed: Int
        do {
            failed = try await DemoStory(stage: stage).tell()
            let seconds = Double((SystemClock.now() - began).microseconds) / 1_000_000
            let verdict = failed == 0 ? "All as promised" : "\(failed) step\(failed == 1 ? "" : "s") went otherwise"
            Screen.print("\(verdict), \(String(format: "%.1f", seconds)) s.")
            if keep { await stay(stage) }
        } catch {
            await stage.strike()
            throw error
        }
        await stage.strike()
        if failed > 0 { throw ExitCode(1) }
    }

    /// Leaves everything up, and says how to use it.
    private func stay(_ stage: DemoStage) async {
        Screen.print(
            """

            The sidecar and its sandbox vendor stay up until Ctrl-C. Your own agent, in another terminal:
              \(Self.program) run --config \(stage.configPath) --run-id agent-1 -- python agent.py
              eval "$(\(Self.program) env --config \(stage.configPath) --run-id agent-2)"
              \(Self.program) status --config \(stage.configPath)
            """)
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }

    /// As it was called, so that the lines can be pasted.
    private static var program: String { CommandLine.arguments.first ?? "cofferdam" }
}
