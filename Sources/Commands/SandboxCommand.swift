internal import ArgumentParser
internal import Core
internal import Foundation
internal import UnixSignals

/// `cofferdam sandbox`: a configuration as it stands, with its vendors played on loopback.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "Try a configuration, and what uses it, without a vendor and without money.",
        discussion: """
            Serves a configuration as serve does, but every vendor is played on loopback: no real credential is used, \
            nothing leaves this machine, and nothing stays behind. Secrets of trusted programs that are in no variable \
            are made up. With a command it starts that when all is ready, with those secrets, and ends with it.

              cofferdam sandbox --config proxy.conf -- gunicorn shop.wsgi
            """)

    @Option(help: ArgumentHelp("The configuration.", valueName: "path"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Give the command the environment of this trusted program, as env --trusted does.", valueName: "name"))
    var trusted: String?

    @Argument(parsing: .postTerminator, help: "A command, behind --.")
    var command: [String] = []

    func validate() throws {
        guard trusted == nil || !command.isEmpty else { throw ValidationError("--trusted goes with a command.") }
    }

    func run() async throws {
        Hardening.hide()
        let folder = try TemporaryFolder("sandbox")
        defer { folder.remove() }
        let play = try await SandboxPlay.begin(config, in: folder.path)
        for line in play.headline { Self.tell(line) }
        let code: Int32
        do { code = try await wait(play) } catch {
            await play.end()
            throw error
        }
        await play.end()
        if code != 0 { throw ExitCode(code) }
    }

    /// Until the command ends, or until we are told to.
    private func wait(_ play: SandboxPlay) async throws -> Int32 {
        guard !command.isEmpty else {
            for name in play.secrets.keys.sorted() { Self.tell("export \(name)=\(play.secrets[name] ?? "")") }
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
            return 0
        }
        let environment = try trusted.map(play.environment(ofProgram:)) ?? play.environment
        let signals = SignalPass()
        let child = try ChildProcess(command, environment: environment)
        signals.begin(child)
        defer { signals.stop() }
        return await child.wait()
    }

    private static func tell(_ line: String) {
        Logs.say("cofferdam: \(Table.safe(line))")
    }
}
