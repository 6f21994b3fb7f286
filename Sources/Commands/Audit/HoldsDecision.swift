internal import ArgumentParser
internal import Core

struct HoldsSettleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle", abstract: "The vendor acted: count the money as spent.",
        discussion: "Without --cost it cost what was held. The reason goes into the request's records.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var decision: HoldsDecision
    @Option(help: ArgumentHelp("What it cost, in dollars; for one request only.", valueName: "usd"))
    var cost: String?

    func validate() throws {
        try decision.check()
        guard cost == nil || decision.ids.count == 1 else { throw ValidationError("--cost goes with one request ID.") }
    }

    func run() async throws {
        let client = try client.client()
        guard let cost else { return try await decision.decide("settle", client, output) }
        let content = JSONValue.object([
            .init("reason", .string(decision.reason)), .init("cost_usd", .string(cost)),
        ])
        let path = "/v1/holds/" + AdminClient.encoded(decision.ids[0]) + "/settle"
        let hold = try await client.call(.post, path, content)
        Screen.print(
            output.json ? hold.line : "settled \(Table.safe(hold.string("request_id"))) at $\(Table.safe(cost))")
    }
}

struct HoldsReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "The vendor did not act: give the money back to the caps.",
        discussion: "The reason goes into the request's records.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var decision: HoldsDecision

    func validate() throws { try decision.check() }

    func run() async throws { try await decision.decide("release", client.client(), output) }
}

/// Which holds are decided, and why.
struct HoldsDecision: ParsableArguments {
    @Option(help: ArgumentHelp("What proves it; required.", valueName: "text"))
    var reason: String
    @Flag(help: "All that are in doubt now, or of these those that --run, --label and --vendor choose.")
    var inDoubt = false
    @Option(help: ArgumentHelp("With --in-doubt: only runs that match.", valueName: "glob"))
    var run: String?
    @Option(help: ArgumentHelp("With --in-doubt: only labels that match.", valueName: "glob"))
    var label: String?
    @Option(help: ArgumentHelp("With --in-doubt: only this vendor.", valueName: "name"))
    var vendor: String?
    @Argument(help: ArgumentHelp("The requests' IDs, as holds shows them.", valueName: "request-id"))
    var ids: [String] = []

    func check() throws {
        guard inDoubt != !ids.isEmpty else { throw ValidationError("Give request IDs, or --in-doubt for all.") }
        guard inDoubt || (run == nil && label == nil && vendor == nil) else {
            throw ValidationError("--run, --label and --vendor go with --in-doubt.")
        }
    }

    func decide(_ verb: String, _ client: AdminClient, _ output: OutputOptions) async throws {
        let ids = inDoubt ? try await doubtful(client) : ids
        var (decided, unknown): ([JSONValue], [String]) = ([], [])
        for start in stride(from: 0, to: ids.count, by: Self.atOnce) {
            let part = ids[start..<min(start + Self.atOnce, ids.count)]
            let content = JSONValue.object([
                .init("ids", .array(part.map(JSONValue.string))), .init("reason", .string(reason)),
            ])
            let answer = try await client.call(.post, "/v1/holds/\(verb)", content)
            decided += answer.list("holds")
            unknown += answer.list("not_in_doubt").compactMap(\.text)
        }
        for hold in decided where output.json { Screen.print(hold.line) }
        if !output.json { Screen.print(Self.text(verb, decided)) }
        guard unknown.isEmpty else {
            throw Quit("not in doubt: \(Table.safe(unknown.joined(separator: ", ")))", .dataError)
        }
    }

    /// A page of the API's limit; each is told before the next.
    private static let atOnce = 500

    private func doubtful(_ client: AdminClient) async throws(Quit) -> [String] {
        let query = [("run_id", run), ("label", label), ("vendor", vendor)]
        let holds = try await client.call(.get, "/v1/holds", query: query).list("holds")
        return holds.map { $0.string("request_id") }
    }

    static func text(_ verb: String, _ holds: [JSONValue]) -> String {
        let sum = holds.compactMap { $0.money("amount_usd") }.reduce(.zero, +)
        return "\(verb)d \(holds.count) \(holds.count == 1 ? "hold" : "holds"), \(sum.shown)"
    }
}
