internal import ArgumentParser
internal import Core

struct SpendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spend", abstract: "Sum what was spent, by label, run, key, vendor, policy or day.",
        discussion: """
            Sums are of whole days (of spend.timezone), exact, and outlive the records. Without --since: today. What is \
            in doubt may have been spent. Requests are those with a price.

              cofferdam spend --by label_prefix --depth 2 --since 30d
              cofferdam spend --by day,vendor --since 2026-11-01 --until 2026-11-30
              cofferdam spend --by run --label 'tenant-acme:*' --json
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: ArgumentHelp(
            "label, label_prefix, run, key, vendor, policy, day or tag.NAME; several with commas.", valueName: "what"))
    var by = "label"
    @Option(help: ArgumentHelp("With label_prefix: how many segments of the label (a:b:c) count.", valueName: "count"))
    var depth: Int?
    @Option(help: ArgumentHelp("From this day on: a date, a time, or a span before now (7d).", valueName: "when"))
    var since: String?
    @Option(help: ArgumentHelp("Up to this day.", valueName: "when"))
    var until: String?
    @Option(help: ArgumentHelp("Only labels that match (* stands for any characters).", valueName: "glob"))
    var label: String?
    @Option(help: ArgumentHelp("Only runs that match.", valueName: "glob"))
    var run: String?
    @Option(help: ArgumentHelp("Only this vendor.", valueName: "name"))
    var vendor: String?
    @Option(help: ArgumentHelp("Only this policy.", valueName: "name"))
    var policy: String?
    @Option(help: ArgumentHelp("Only this vault key.", valueName: "id"))
    var key: String?
    @Option(help: ArgumentHelp("Only what has this tag; repeatable.", valueName: "name=glob"))
    var tag: [String] = []
    @Option(help: ArgumentHelp("At most so many sums, the largest; the rest together.", valueName: "count"))
    var limit = 100

    func run() async throws {
        let tags = tag.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        guard tags.allSatisfy({ $0.count == 2 }) else { throw Quit("--tag takes NAME=GLOB", .usage) }
        let query: [(String, String?)] =
            [
                ("group_by", by), ("depth", depth.map(String.init)), ("since", since), ("until", until),
                ("label", label),
                ("run_id", run), ("vendor", vendor), ("policy", policy), ("key_id", key), ("limit", "\(limit)"),
            ] + tags.map { ("tag." + $0[0], $0[1]) }
        let answer = try await client.client().call(.get, "/v1/spend", query: query)
        Screen.print(output.json ? answer.line : Self.text(answer))
    }

    /// A column for each dimension, then the sums; the last line is the whole.
    static func text(_ answer: JSONValue) -> String {
        let by = answer.list("group_by").compactMap(\.text)
        let period = answer.string("since") + (answer["until"]?.text.map { " to \($0)" } ?? " on")
        let groups = answer.list("groups")
        guard !groups.isEmpty else { return "nothing was spent or refused (\(period))" }
        var table = Table(
            by.map { .init($0.uppercased().replacing("_", with: " ")) } + [
                .init("REQUESTS", .right), .init("REFUSED", .right), .init("SPENT", .right), .init("HELD", .right),
                .init("IN DOUBT", .right),
            ])
        for group in groups {
            table.add(by.map { group[Self.member($0)]?.text ?? "–" } + sums(group))
        }
        if let others = answer["others"], others != .null { table.add(cells("others", by) + sums(others)) }
        if let total = answer["total"] { table.add(cells("total", by) + sums(total)) }
        return table.text + period
    }

    private static func cells(_ name: String, _ by: [String]) -> [String] { [name] + by.dropFirst().map { _ in "" } }

    private static func member(_ dimension: String) -> String {
        ["run", "key"].contains(dimension) ? dimension + "_id" : dimension
    }

    private static func sums(_ sum: JSONValue) -> [String] {
        let doubtful = sum.integer("in_doubt") ?? 0
        return [
            "\(sum.integer("requests") ?? 0)", "\(sum.integer("refused") ?? 0)", sum.money("spent_usd").shown,
            sum.money("held_usd").shown, sum.money("in_doubt_usd").shown + (doubtful > 0 ? " (\(doubtful))" : ""),
        ]
    }
}
