package import ArgumentParser
internal import Foundation

/// The program: one subcommand for each thing that an operator or an agent's wrapper does.
package struct Cofferdam: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cofferdam",
        abstract: "Let an AI agent spend money without giving it the key.",
        version: Version.current,
        subcommands: [Serve.self])

    package init() {}

    /// Runs the subcommand that the arguments name; ends the process with its exit code.
    package static func start() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let quit as Quit {
            FileHandle.standardError.write(Data("cofferdam: \(quit)\n".utf8))
            Foundation.exit(quit.code.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
