internal import ArgumentParser
internal import Core

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show who asked for what, what was decided, and what it cost.",
        discussion: """
            Without --since the newest records are shown. --decision takes allowed, refused, in_doubt, observed (a \
            policy that only watches would have refused it), note (what operators did), or one code such as \
            cap_exhausted.

              cofferdam audit --since 5m --run 'billing-*'
              cofferdam audit --since 1d --decision in_doubt --json
              cofferdam audit --follow
              cofferdam audit export --since 30d --out november.jsonl
            """,
        subcommands: [AuditListCommand.self, AuditExportCommand.self, AuditVerifyCommand.self],
        defaultSubcommand: AuditListCommand.self)
}

struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show records (what audit does when nothing else is said).")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(
        help: ArgumentHelp(
            "Only since then: a span before now (5m, 1h30m, 2d) or a time in RFC 3339.", valueName: "when"))
    var since: String?
    @Option(help: ArgumentHelp("Only until then.", valueName: "when"))
    var until: String?
    @Option(help: ArgumentHelp("Only runs that match (* stands for any characters).", valueName: "glob"))
    var run: String?
    @Option(help: ArgumentHelp("Only labels that match.", valueName: "glob"))
    var label: String?
    @Option(help: ArgumentHelp("Only this vault key.", valueName: "id"))
    var key: String?
    @Option(help: ArgumentHelp("Only this vendor.", valueName: "name"))
    var vendor: String?
    @Option(
        help: ArgumentHelp(
            "Only this decision: allowed, refused, in_doubt, observed, note, or a refusal's code.", valueName: "what"))
    var decision: String?
    @Option(help: ArgumentHelp("At most so many records; the newest, or from --since the oldest.", valueName: "count"))
    var limit = 100
    @Flag(help: "Keep showing records as they come, until interrupted.")
    var follow = false
    @OptionGroup var tags: TagFilterOptions

    func run() async throws {
        let client = try client.client()
        // Following from a moment on begins with what has happened since.
        guard follow else { return try await list(client) }
        try await followAll(client)
    }

    private var filters: [(String, String?)] {
        [
            ("since", since), ("until", until), ("run_id", run), ("label", label), ("key_id", key), ("vendor", vendor),
            ("decision", decision),
        ] + tags.query
    }

    /// Pages through; the API gives a thousand at once.
    private func list(_ client: AdminClient) async throws {
        var view = AuditView()
        var after: Int?
        var left = max(1, limit)
        repeat {
            let query = filters + [("limit", "\(min(left, 1000))"), ("after", after.map(String.init))]
            let page = try await client.call(.get, "/v1/audit", query: query)
            let records = page.list("records")
            if output.json { for record in records { Screen.print(record.line) } }
            view.records += records
            left -= records.count
            after = page.integer("next")
        } while after != nil && left > 0
        if !output.json { Screen.print(view.text.isEmpty ? "no records" : view.text) }
    }

    private func followAll(_ client: AdminClient) async throws {
        let json = output.json
        if !json { Screen.print(AuditView().header) }
        let query = filters.filter { $0.0 != "until" }
        try await client.follow("/v1/audit/stream", query: query) { record in
            Screen.print(json ? record.line : AuditView(records: [record]).lines)
        }
    }
}
