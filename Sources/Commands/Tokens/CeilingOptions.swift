internal import ArgumentParser
internal import Core

/// The bounds of an issuer's token; what it asks for beyond them is refused.
struct CeilingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Its keys allow no more than these policies, and its runs fall under no others (a,b).", valueName: "names"))
    var policies: String?
    @Option(help: ArgumentHelp("Only these vendors (a,b).", valueName: "names"))
    var vendors: String?
    @Option(help: ArgumentHelp("Only runs with such IDs.", valueName: "glob"))
    var runs: String?
    @Option(help: ArgumentHelp("The longest life of its keys and runs.", valueName: "span"))
    var maxLifetime: String?
    @Option(help: ArgumentHelp("The highest daily cap, also of keys that name none.", valueName: "usd"))
    var maxDailyUsd: String?
    @Option(help: ArgumentHelp("The same for a cap in all.", valueName: "usd"))
    var maxTotalUsd: String?
    @Option(help: ArgumentHelp("The same for a cap of one request.", valueName: "usd"))
    var maxRequestUsd: String?

    @Option(help: ArgumentHelp("A tag that its keys and runs must have; repeatable.", valueName: "tag"))
    var requireTag: [String] = []

    var members: [JSONValue.Member] {
        let given: [(String, JSONValue?)] = [
            ("policies", policies.map(Self.list)), ("vendors", vendors.map(Self.list)),
            ("runs", runs.map { .string($0) }), ("key_lifetime_max", maxLifetime.map { .string($0) }),
            ("daily_usd_cap_max", maxDailyUsd.map { .string($0) }),
            ("total_usd_cap_max", maxTotalUsd.map { .string($0) }),
            ("request_usd_cap_max", maxRequestUsd.map { .string($0) }),
            ("required_tags", requireTag.isEmpty ? nil : .array(requireTag.map { .string($0) })),
        ]
        return given.compactMap { name, value in value.map { .init(name, $0) } }
    }

    private static func list(_ text: String) -> JSONValue {
        .array(text.split(separator: ",").map { .string(String($0)) })
    }
}
