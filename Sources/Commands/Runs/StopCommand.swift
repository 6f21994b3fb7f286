internal import ArgumentParser
internal import Core

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a run, a key, or everything of somebody, at once.",
        discussion: """
            Effective in under a second: requests in flight are cut, new ones refused, and no key is issued. It outlives \
            a restart. A run need not be known yet. A stop by label, tag, policy, vendor or --all also covers runs and keys \
            that are made later; it holds until somebody takes it back with resume, or for the time that --for gives.

              cofferdam stop run=billing-7 --reason "charges in a loop"
              cofferdam stop label='acme:*' --for 1h --reason "incident 42"
              cofferdam stop tag.user=42
              cofferdam stop vendor=stripe
              cofferdam stop --all
              cofferdam stop key=key_8Zt2
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Why, for the records and the agent.", valueName: "text"))
    var reason: String?
    @Option(name: .customLong("for"), help: ArgumentHelp("End by itself after this time (30m, 2h).", valueName: "span"))
    var span: String?
    @Flag(help: "Stop everything.")
    var all = false
    @Argument(
        help: ArgumentHelp(
            "run=ID or GLOB, key=ID, label=GLOB, tag.NAME=GLOB, policy=NAME, vendor=NAME.", valueName: "target"))
    var targets: [String] = []

    func validate() throws {
        guard all || !targets.isEmpty else { throw ValidationError("Give \(StopTarget.forms).") }
        if let span, Span(text: span) == nil { throw ValidationError("--for: expected a span such as 30m or 2h.") }
    }

    func run() async throws {
        let client = try client.client()
        // All are read before the first one is stopped.
        for target in try StopTarget.all(targets, all, ends: span != nil) {
            let answer = try await target.stop(client, reason: reason, span: span.flatMap { Span(text: $0) })
            Screen.print(output.json ? answer.line : target.stopped(answer))
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Take a stop back.",
        discussion: """
            A run goes on when its deadline has not passed; otherwise register it again. A revoked key stays revoked, \
            but its run may have a new one. What was stopped by label, tag, policy, vendor or --all is named in the same \
            words, or by the stop's ID, which cofferdam status shows.

              cofferdam resume run=billing-7
              cofferdam resume label='acme:*'
              cofferdam resume --all
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Take back the stop of everything; other stops go on.")
    var all = false
    @Argument(
        help: ArgumentHelp(
            "run=ID or GLOB, key=ID, label=GLOB, tag.NAME=GLOB, policy=NAME, vendor=NAME, or a stop's ID.",
            valueName: "target"))
    var targets: [String] = []

    func validate() throws {
        guard all || !targets.isEmpty else { throw ValidationError("Give \(StopTarget.forms), or a stop's ID.") }
    }

    func run() async throws {
        let client = try client.client()
        for target in try StopTarget.all(targets, all) {
            for answer in try await target.resume(client) {
                Screen.print(output.json ? answer.line : target.resumed(answer))
            }
        }
    }
}

extension StopTarget {
    fileprivate static func all(_ texts: [String], _ all: Bool, ends: Bool = false) throws(Quit) -> [StopTarget] {
        try texts.map { text throws(Quit) in try StopTarget(text, ends: ends) } + (all ? [.rule(.all)] : [])
    }
}
