internal import ArgumentParser
internal import Core

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a run or a key, at once; nobody else is disturbed.",
        discussion: """
            Effective in under a second: requests in flight are cut, new ones refused, and no key is issued. It outlives \
            a restart. A run need not be known yet.

              cofferdam stop run=billing-7 --reason "charges in a loop"
              cofferdam stop key=key_8Zt2
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Why, for the records.", valueName: "text"))
    var reason: String?
    @Argument(help: ArgumentHelp("run=RUN-ID or key=KEY-ID.", valueName: "target"))
    var targets: [String]

    func run() async throws {
        let client = try client.client()
        // All are read before the first one is stopped.
        for target in try targets.map({ text throws(Quit) in try StopTarget(text) }) {
            let answer = try await target.stop(client, reason: reason)
            Screen.print(output.json ? answer.line : target.stopped)
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Take a stop back.",
        discussion: """
            A run goes on when its deadline has not passed; otherwise register it again. A revoked key stays revoked, \
            but its run may have a new one.
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("run=RUN-ID or key=KEY-ID.", valueName: "target"))
    var targets: [String]

    func run() async throws {
        let client = try client.client()
        for target in try targets.map({ text throws(Quit) in try StopTarget(text) }) {
            let answer = try await target.resume(client)
            Screen.print(output.json ? answer.line : Self.text(target, answer))
        }
    }

    static func text(_ target: StopTarget, _ answer: JSONValue) -> String {
        switch target {
        case .run(let id):
            let status = answer.string("status")
            return status == "active"
                ? "run \(id) goes on" : "run \(id) is no longer stopped, but \(status): register it again"
        case .key: return "run \(answer.string("run_id")) may have keys for \(answer.string("vendor")) again"
        }
    }
}
