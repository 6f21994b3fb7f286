internal import ArgumentParser
internal import Core
internal import Settings

/// `cofferdam check`: what `serve` would say of a configuration, and what is legal but suspicious.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration without starting anything.",
        discussion: """
            All problems are printed at once, with file, line and column; the exit code is then 64. What is legal but \
            suspicious is a warning and does not fail, unless --strict is given. The worst case of each policy follows.
            """)

    @Argument(help: "The configuration (default: the one that serve would take).")
    var file: String?

    @Option(help: ArgumentHelp("The same, as the other commands have it.", valueName: "path"))
    var config: String?

    @Flag(help: "Warnings fail too.")
    var strict = false

    func run() async throws {
        let environment = ProcessEnvironment.current
        let checked: Checked
        do {
            let path = try SettingsLoader.locate(explicit: file ?? config, environment: environment)
            checked = try SettingsLoader.check(path: path, environment: environment)
        } catch let problems as ConfigurationProblems {
            throw Quit("\(problems)", .usage)
        } catch {
            throw Quit("\(error)", .noInput)
        }
        for warning in checked.warnings { Screen.print("\(warning)") }
        for line in checked.exposure { Screen.print(line) }
        let count = checked.warnings.count
        Screen.print(count == 0 ? "ok" : "ok, with \(count) warning\(count == 1 ? "" : "s")")
        if strict, count > 0 { throw ExitCode(64) }
    }
}
