internal import ArgumentParser
internal import Core

/// `--tag tenant=acme`, for what makes keys and runs.
struct TagOptions: ParsableArguments {
    @Option(
        name: .customLong("tag"),
        help: ArgumentHelp(
            "What it belongs to, for budgets and stops (tenant=acme); repeatable.", valueName: "name=value"))
    var tags: [String] = []

    func validate() throws {
        for text in tags where Self.split(text) == nil {
            throw ValidationError("--tag \(text): expected NAME=VALUE, such as tenant=acme")
        }
    }

    /// nil without tags.
    var json: JSONValue? {
        let members = tags.compactMap(Self.split).map { JSONValue.Member($0.0, .string($0.1)) }
        return members.isEmpty ? nil : .object(members)
    }

    private static func split(_ text: String) -> (String, String)? {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return halves.count == 2 && Tag.isName(halves[0]) && Tag.isValue(halves[1]) ? (halves[0], halves[1]) : nil
    }
}

/// `--tag tenant='acme*'`, for what lists them.
struct TagFilterOptions: ParsableArguments {
    @Option(
        name: .customLong("tag"),
        help: ArgumentHelp("Only those with this tag (tenant=acme*); repeatable.", valueName: "name=glob"))
    var tags: [String] = []

    var query: [(String, String?)] {
        tags.map { text in
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return ("tag." + halves[0], halves.count == 2 ? halves[1] : "*")
        }
    }
}
