internal import ArgumentParser
internal import Core

struct HoldsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holds", abstract: "Money that may or may not have been spent: list it, and decide.",
        discussion: """
            A request whose answer never came (a timeout, a crash) stays counted as spent: nobody can prove that the \
            vendor did not act. Look into the vendor's own records; then settle it, or release it.

              cofferdam holds
              cofferdam holds settle req_8Zt3 --reason "charge ch_3 is in the dashboard"
              cofferdam holds release --run 'billing-*' --in-doubt --reason "the vendor was down all night"
            """,
        subcommands: [HoldsListCommand.self, HoldsSettleCommand.self, HoldsReleaseCommand.self],
        defaultSubcommand: HoldsListCommand.self)
}

struct HoldsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List them with the evidence (what holds does when nothing else is said).")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Also list holds of requests that still wait for their answer.")
    var all = false
    @Option(help: ArgumentHelp("Only runs that match.", valueName: "glob"))
    var run: String?
    @Option(help: ArgumentHelp("Only labels that match.", valueName: "glob"))
    var label: String?
    @Option(help: ArgumentHelp("Only this vendor.", valueName: "name"))
    var vendor: String?

    func run() async throws {
        let query: [(String, String?)] = [
            ("state", all ? "all" : nil), ("run_id", run), ("label", label), ("vendor", vendor),
        ]
        let answer = try await client.client().call(.get, "/v1/holds", query: query)
        Screen.print(output.json ? answer.line : Self.text(answer.list("holds"), now: .now))
    }

    static func text(_ holds: [JSONValue], now: Moment) -> String {
        var table = Table([
            .init("TIME UTC"), .init("RUN"), .init("OPERATION"), .init("STATE"), .init("AMOUNT", .right), .init("ID"),
            .init("EVIDENCE"),
        ])
        for hold in holds {
            table.add([
                hold.time("time")?.shown(now: now) ?? "", hold["run_id"]?.text ?? hold.string("label"),
                hold.string("vendor") + " " + hold.string("operation"), hold.string("state").replacing("_", with: " "),
                hold.money("amount_usd").shown, hold.string("request_id"), hold.string("evidence"),
            ])
        }
        guard !holds.isEmpty else { return "nothing is in doubt" }
        let sum = holds.compactMap { $0.money("amount_usd") }.reduce(.zero, +)
        return table.text + "\(holds.count) holds, \(sum.shown)"
    }
}
