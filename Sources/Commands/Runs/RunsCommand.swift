internal import ArgumentParser
internal import Core

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List, show, register, renew, end and revoke runs.",
        discussion: "A run is an agent's unit of work. cofferdam run registers and ends one by itself.",
        subcommands: [
            RunsListCommand.self, RunsShowCommand.self, RunsRegisterCommand.self, RunsRenewCommand.self,
            RunsEndCommand.self, RunsRevokeCommand.self,
        ], defaultSubcommand: RunsListCommand.self)
}

struct RunsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List runs, newest first.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Only runs that match (* stands for any characters).", valueName: "glob"))
    var run: String?
    @Option(help: ArgumentHelp("Only runs that a policy gives such a label.", valueName: "glob"))
    var label: String?
    @Option(help: ArgumentHelp("Only runs that are active, expired, ended or revoked.", valueName: "status"))
    var status: String?
    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit = 100
    @OptionGroup var tags: TagFilterOptions

    func run() async throws {
        let query: [(String, String?)] =
            [("run_id", run), ("label", label), ("status", status), ("limit", "\(limit)")] + tags.query
        let answer = try await client.client().call(.get, "/v1/runs", query: query)
        Screen.print(output.json ? answer.line : Self.text(answer.list("runs"), now: .now))
    }

    static func text(_ runs: [JSONValue], now: Moment) -> String {
        var table = Table([
            .init("RUN"), .init("STATUS"), .init("SINCE UTC"), .init("DEADLINE UTC"), .init("SPENT TODAY", .right),
            .init("LEFT", .right),
        ])
        for run in runs {
            let policies = run.list("policies")
            let spent = policies.compactMap { $0.money("spent_today_usd") }.reduce(Money.zero, +)
            table.add([
                run.string("id"), run.string("status"), run.time("created_at")?.shown(now: now) ?? "",
                run.time("deadline")?.shown(now: now) ?? "", spent.shown,
                policies.compactMap { $0.money("remaining_usd") }.min().shown,
            ])
        }
        return runs.isEmpty ? "no runs" : table.text
    }
}

struct RunsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one run.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The run's ID.", valueName: "run-id"))
    var runID: String

    func run() async throws {
        let run = try await client.client().call(.get, "/v1/runs/" + AdminClient.encoded(runID))
        Screen.print(output.json ? run.line : Sheet.text(run))
    }
}

struct RunsRegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Register a run; its secret is shown once.",
        discussion: "For agents that cofferdam run does not start. cofferdam env prints the environment for a shell.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("The run's ID; one is made up unless said.", valueName: "run-id"))
    var id: String?
    @Option(help: ArgumentHelp("How long it lives: 8h, 30m. 24 hours unless said.", valueName: "span"))
    var lifetime: String?
    @Option(help: ArgumentHelp("End it when it was not renewed for so long.", valueName: "span"))
    var lease: String?
    @OptionGroup var tags: TagOptions

    func run() async throws {
        let given = [("id", id), ("lifetime", lifetime), ("lease", lease)]
        var members = given.compactMap { name, value in value.map { JSONValue.Member(name, .string($0)) } }
        if let tags = tags.json { members.append(.init("tags", tags)) }
        let order = JSONValue.object(members)
        let run = try await client.client().call(.post, "/v1/runs", order)
        Screen.print(output.json ? run.line : Sheet.text(run))
    }
}

struct RunsRenewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Move a live run's deadline: by its lease, or by --lifetime from now.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("How long it lives from now on.", valueName: "span"))
    var lifetime: String?
    @Argument(help: ArgumentHelp("The run's ID.", valueName: "run-id"))
    var runID: String

    func run() async throws {
        let order = JSONValue.object(lifetime.map { [.init("lifetime", .string($0))] } ?? [])
        let path = "/v1/runs/" + AdminClient.encoded(runID) + "/renew"
        let run = try await client.client().call(.post, path, order)
        Screen.print(output.json ? run.line : "\(run.string("id")) lives until \(run.string("deadline"))")
    }
}

struct RunsEndCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "End a run; the same ID may be registered again, on the same accounts.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The run's ID.", valueName: "run-id"))
    var runID: String

    func run() async throws {
        let run = try await client.client().call(.post, "/v1/runs/" + AdminClient.encoded(runID) + "/end")
        Screen.print(output.json ? run.line : "\(run.string("id")) \(run.string("status"))")
    }
}

struct RunsRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a run: refuse and cut everything of it until it is resumed.",
        discussion: "The same as cofferdam stop run=RUN-ID.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Why, for the records.", valueName: "text"))
    var reason: String?
    @Argument(help: ArgumentHelp("The run's ID.", valueName: "run-id"))
    var runID: String

    func run() async throws {
        let answer = try await StopTarget.run(runID).stop(client.client(), reason: reason, span: nil)
        Screen.print(output.json ? answer.line : StopTarget.run(runID).stopped(answer))
    }
}
