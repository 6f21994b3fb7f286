import FoundationEssentials

extension AgentSetup {
    /// Read by common loaders, some of which set what they find over the environment.
    private static let dotenvNames = [".env", ".env.local", ".env.development", ".env.production"]

    /// Placeholders are worth little while the real key lies where the agent works.
    mutating func warnOfDotenv(_ surroundings: AgentSurroundings) {
        guard let current = surroundings.currentFolder else { return }
        for file in Self.dotenvNames {
            guard let text = surroundings.text(at: current + "/" + file) else { continue }
            let found = Self.credentials(in: text, surroundings)
            if !found.isEmpty {
                warnings.append("\(file) in this folder holds \(found.joined(separator: ", ")); the agent can read it")
            }
        }
    }

    /// Names whose value is a credential, as far as one can tell, in the file's order.
    private static func credentials(in text: String, _ surroundings: AgentSurroundings) -> [String] {
        let placeholders = surroundings.vendors.reduce(into: [:]) { $0.merge($1.environment) { old, _ in old } }
        let secrets = surroundings.secrets.filter { !$0.isEmpty }
        var seen: Set<String> = []
        return Dotenv.entries(in: text).filter { entry in
            let isNamed = placeholders[entry.name] != nil || surroundings.secretVariables.contains(entry.name)
            let isFilled = !entry.value.isEmpty && entry.value != placeholders[entry.name]
            let isSecret = secrets.contains { entry.value.contains($0) }
            let looksReal = vendorOfKey(entry.value, surroundings.vendors) != nil
            return (isNamed && isFilled || isSecret || looksReal) && seen.insert(entry.name).inserted
        }.map(\.name)
    }
}

/// The assignments of a `.env` file, as far as a warning needs them.
enum Dotenv {
    static func entries(in text: String) -> [(name: String, value: String)] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            var line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("export ") { line = line.dropFirst(7) }
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { return nil }
            let name = String(line[..<equals].filter { !$0.isWhitespace })
            return name.isEmpty ? nil : (name, value(String(line[line.index(after: equals)...])))
        }
    }

    private static func value(_ raw: String) -> String {
        let trimmed = Substring(raw).drop(while: \.isWhitespace)
        if let quote = trimmed.first, quote == "\"" || quote == "'" {
            return String(trimmed.dropFirst().prefix { $0 != quote })
        }
        let end = trimmed.firstRange(of: " #")?.lowerBound ?? trimmed.endIndex
        return String(trimmed[..<end].reversed().drop(while: \.isWhitespace).reversed())
    }
}
