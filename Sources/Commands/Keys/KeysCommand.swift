internal import ArgumentParser
internal import Core

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "List, show, issue and revoke vault keys.",
        subcommands: [KeysListCommand.self, KeysShowCommand.self, KeysIssueCommand.self, KeysRevokeCommand.self],
        defaultSubcommand: KeysListCommand.self)
}

struct KeysListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List keys, newest first, with what they spent and what is left.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Only labels that match (* stands for any characters).", valueName: "glob"))
    var label: String?
    @Option(help: ArgumentHelp("Only this vendor.", valueName: "name"))
    var vendor: String?
    @Option(help: ArgumentHelp("Only keys of runs that match.", valueName: "glob"))
    var run: String?
    @Option(help: ArgumentHelp("Only keys that are active, expired or revoked.", valueName: "status"))
    var status: String?
    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit = 100
    @OptionGroup var tags: TagFilterOptions

    func run() async throws {
        let query: [(String, String?)] =
            [("label", label), ("vendor", vendor), ("run_id", run), ("status", status), ("limit", "\(limit)")]
            + tags.query
        let answer = try await client.client().call(.get, "/v1/keys", query: query)
        Screen.print(output.json ? answer.line : Self.text(answer.list("keys"), now: .now))
    }

    static func text(_ keys: [JSONValue], now: Moment) -> String {
        var table = Table([
            .init("ID"), .init("LABEL"), .init("VENDOR"), .init("STATUS"), .init("EXPIRES UTC"), .init("SPENT", .right),
            .init("LEFT", .right), .init("ALLOWED"),
        ])
        for key in keys {
            table.add([
                key.string("id"), key.string("label"), key.string("vendor"), key.string("status"),
                key.time("expires_at")?.shown(now: now) ?? "", key.money("spent_usd").shown,
                key.money("remaining_usd").shown, Endpoints.short(key),
            ])
        }
        return keys.isEmpty ? "no keys" : table.text
    }
}

struct KeysShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one key.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: ArgumentHelp("The key's ID.", valueName: "key-id"))
    var keyID: String

    func run() async throws {
        let key = try await client.client().call(.get, "/v1/keys/" + AdminClient.encoded(keyID))
        Screen.print(output.json ? key.line : Sheet.text(key))
    }
}

struct KeysRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke keys, at once and for good; harmless twice.")

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("Why, for the records.", valueName: "text"))
    var reason: String?
    @Argument(help: ArgumentHelp("The keys' IDs.", valueName: "key-id"))
    var keyIDs: [String]

    func run() async throws {
        let client = try client.client()
        for id in keyIDs {
            let key = try await client.call(.delete, "/v1/keys/" + AdminClient.encoded(id), query: [("reason", reason)])
            Screen.print(output.json ? key.line : "revoked \(key.string("id")) (\(Table.safe(key.string("label"))))")
        }
    }
}

/// The allowlist of a key in a table's cell.
enum Endpoints {
    static func short(_ key: JSONValue) -> String {
        let all = key.list("allowed_endpoints").compactMap(\.text)
        guard let first = all.first else { return "nothing" }
        return all.count == 1 ? first : "\(first) and \(all.count - 1) more"
    }
}
