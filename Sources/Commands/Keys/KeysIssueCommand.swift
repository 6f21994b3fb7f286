internal import ArgumentParser
internal import Core

struct KeysIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue", abstract: "Issue a vault key; its token is shown once.",
        discussion: """
            The agent uses the token where its SDK wants the vendor's API key.

              cofferdam keys issue --vendor stripe --label refunds-42 \\
                --allow refunds.create --daily-cap 50 --expires-in 30m
              cofferdam keys issue --policy billing --label billing-42 --daily-cap 50
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("What the key may be used with; its policy says it too.", valueName: "name"))
    var vendor: String?
    @Option(
        help: ArgumentHelp(
            "The policy that bounds it: what is not said otherwise is the policy's, and all else may only be less.",
            valueName: "name"))
    var policy: String?
    @Option(help: ArgumentHelp("Free text that names the key in records.", valueName: "text"))
    var label: String
    @Option(
        help: ArgumentHelp(
            "An operation (payment_intents.create) or a path pattern (\"POST /v1/refunds\", /v1/customers/*); repeatable.",
            valueName: "endpoint"))
    var allow: [String] = []
    @Option(help: ArgumentHelp("Dollars that may be spent each day.", valueName: "usd"))
    var dailyCap: String?
    @Option(help: ArgumentHelp("Dollars that may be spent in all.", valueName: "usd"))
    var totalCap: String?
    @Option(help: ArgumentHelp("Dollars that one request may cost.", valueName: "usd"))
    var requestCap: String?
    @Option(
        help: ArgumentHelp(
            "How long it lives: 5m, 1h30m, or seconds. 15 minutes, or as its policy says.", valueName: "span"))
    var expiresIn: String?
    @Option(help: ArgumentHelp("The run that it belongs to.", valueName: "run-id"))
    var run: String?
    @OptionGroup var tags: TagOptions

    func run() async throws {
        let key = try await client.client().call(.post, "/v1/keys", order)
        Screen.print(output.json ? key.line : Sheet.text(key))
    }

    private var order: JSONValue {
        let members: [(String, JSONValue?)] = [
            ("label", .string(label)), ("vendor", vendor.map { .string($0) }), ("policy", policy.map { .string($0) }),
            ("allowed_endpoints", endpoints), ("daily_usd_cap", dailyCap.map { .string($0) }),
            ("total_usd_cap", totalCap.map { .string($0) }), ("request_usd_cap", requestCap.map { .string($0) }),
            ("expires_in", expiresIn.map { .string($0) }), ("run_id", run.map { .string($0) }),
            ("tags", tags.json),
        ]
        return .object(members.compactMap { name, value in value.map { .init(name, $0) } })
    }

    /// nil: what the policy allows.
    private var endpoints: JSONValue? {
        allow.isEmpty && policy != nil ? nil : .array(allow.map { .string($0) })
    }
}
