internal import ArgumentParser
internal import Core

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list, rotate and remove tokens of the control API.",
        discussion: """
            The master token, which serve makes, may do everything, and so may a token with the role admin. An issuer's \
            may issue, list, renew and revoke keys and runs; a reader's may look and ask why. What is made, rotated or \
            removed holds from the next call on, without a restart, and is on record.

              cofferdam token add django --role issuer
              COFFERDAM_TOKEN=cofferdam_reader_… cofferdam status
            """,
        subcommands: [
            TokenListCommand.self, TokenAddCommand.self, TokenRotateCommand.self, TokenRemoveCommand.self,
        ], defaultSubcommand: TokenListCommand.self)
}

struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the named tokens; the tokens themselves are kept nowhere.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await client.client().call(.get, "/v1/tokens")
        Screen.print(output.json ? answer.line : Self.text(answer.list("tokens"), now: .now))
    }

    static func text(_ tokens: [JSONValue], now: Moment) -> String {
        var table = Table([.init("NAME"), .init("ROLE"), .init("SINCE UTC"), .init("MADE BY"), .init("OLD ONE UNTIL")])
        for token in tokens {
            table.add([
                token.string("name"), token.string("role"), token.time("created_at")?.shown(now: now) ?? "",
                token.string("by"), token.time("previous_until")?.shown(now: now) ?? "",
            ])
        }
        return tokens.isEmpty ? "no named tokens" : table.text
    }
}

struct TokenAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a token and print it, once.",
        discussion: """
            Its holder sends it as Authorization: Bearer TOKEN, or exports it as COFFERDAM_TOKEN.

              cofferdam token add billing --role issuer --policies billing --max-lifetime 1h --max-daily-usd 50
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("What records call it: letters, digits, . _ -", valueName: "name"))
    var name: String
    @Option(help: ArgumentHelp("admin, issuer or reader.", valueName: "role"))
    var role: String
    @OptionGroup(title: "How far an issuer may go") var ceiling: CeilingOptions

    func run() async throws {
        let order = JSONValue.object(
            [.init("name", .string(name)), .init("role", .string(role))] + ceiling.members)
        let token = try await client.client().call(.post, "/v1/tokens", order)
        Screen.print(output.json ? token.line : token.string("token"))
    }
}

struct TokenRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a token's holder a new one, and print it, once.",
        discussion: "The name master means the token in the file \"token\" of state_dir, which is replaced.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The token's name, or master.", valueName: "name"))
    var name: String
    @Option(help: ArgumentHelp("The old one is good for so long (1h). It ends at once unless said.", valueName: "span"))
    var keep: String?

    func run() async throws {
        let order = JSONValue.object(keep.map { [.init("keep", .string($0))] } ?? [])
        let path = "/v1/tokens/" + AdminClient.encoded(name) + "/rotate"
        let token = try await client.client().call(.post, path, order)
        Screen.print(output.json ? token.line : token.string("token"))
    }
}

struct TokenRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove a token: its next call is refused. What it issued lives on.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The token's name.", valueName: "name"))
    var name: String

    func run() async throws {
        let token = try await client.client().call(.delete, "/v1/tokens/" + AdminClient.encoded(name))
        Screen.print(output.json ? token.line : "token \(token.string("name")) removed")
    }
}
