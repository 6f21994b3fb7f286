internal import ArgumentParser
internal import Core

struct BudgetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budgets", abstract: "What users, tenants or everybody may spend together: show it, change it.",
        discussion: """
            Budgets stand in the configuration. set gives one of their accounts other caps at once, for a time or until \
            reset; it outlives a restart, and the records say who did it and why.

              cofferdam budgets
              cofferdam budgets show users
              cofferdam budgets set users acme,42 --daily-cap 50 --for 2h --reason "big import, ticket 71"
              cofferdam budgets reset users acme,42
            """,
        subcommands: [
            BudgetsListCommand.self, BudgetsShowCommand.self, BudgetsSetCommand.self, BudgetsResetCommand.self,
        ], defaultSubcommand: BudgetsListCommand.self)
}

struct BudgetsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List budgets with their fullest accounts.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await client.client().call(.get, "/v1/budgets")
        Screen.print(output.json ? answer.line : Self.text(answer.list("budgets"), now: .now))
    }

    static func text(_ budgets: [JSONValue], now: Moment) -> String {
        guard !budgets.isEmpty else { return "no budgets are configured" }
        return budgets.map { BudgetView.text($0, now: now) }.joined(separator: "\n")
    }
}

struct BudgetsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one budget with its accounts, in the order of their values.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("At most so many accounts.", valueName: "count"))
    var limit = 100
    @Option(help: ArgumentHelp("Only accounts behind this value.", valueName: "value"))
    var after: String?
    @Argument(help: "The budget's name.")
    var name: String

    func run() async throws {
        let query: [(String, String?)] = [("limit", "\(limit)"), ("after", after)]
        let answer = try await client.client().call(.get, BudgetView.path(name, nil), query: query)
        Screen.print(output.json ? answer.line : BudgetView.text(answer, now: .now))
        if let next = answer["next"]?.text, !output.json {
            Screen.print("more: cofferdam budgets show \(Table.safe(name)) --after \(Table.safe(next))")
        }
    }
}

struct BudgetsSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Give one account other caps, at once.",
        discussion: "What was spent stays counted. A cap that is not named here stays as it is configured.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Dollars that may be spent each day.", valueName: "usd"))
    var dailyCap: String?
    @Option(help: ArgumentHelp("Dollars that may be spent each month.", valueName: "usd"))
    var monthlyCap: String?
    @Option(help: ArgumentHelp("Dollars that may be spent in all.", valueName: "usd"))
    var totalCap: String?
    @Option(help: ArgumentHelp("Dollars that one request may cost.", valueName: "usd"))
    var requestCap: String?
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("The configured caps come back after this time (2h, 1d).", valueName: "span"))
    var span: String?
    @Option(help: ArgumentHelp("Why, for the records.", valueName: "text"))
    var reason: String?
    @Argument(help: "The budget's name.")
    var name: String
    @Argument(help: "The account: a value for each member of per, joined with commas (acme,42).")
    var value: String?

    func validate() throws {
        guard [dailyCap, monthlyCap, totalCap, requestCap].contains(where: { $0 != nil }) else {
            throw ValidationError("Give --daily-cap, --monthly-cap, --total-cap or --request-cap.")
        }
    }

    func run() async throws {
        let given = [
            ("daily_usd_cap", dailyCap), ("monthly_usd_cap", monthlyCap), ("total_usd_cap", totalCap),
            ("request_usd_cap", requestCap), ("for", span), ("reason", reason),
        ]
        let order = JSONValue.object(given.compactMap { name, value in value.map { .init(name, .string($0)) } })
        let answer = try await client.client().call(.put, BudgetView.path(name, value), order)
        Screen.print(output.json ? answer.line : Sheet.text(answer))
    }
}

struct BudgetsResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Bring an account's configured caps back.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The budget's name.")
    var name: String
    @Argument(help: "The account: a value for each member of per, joined with commas (acme,42).")
    var value: String?

    func run() async throws {
        let answer = try await client.client().call(.delete, BudgetView.path(name, value))
        Screen.print(output.json ? answer.line : Sheet.text(answer))
    }
}
