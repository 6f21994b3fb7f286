import FoundationEssentials

extension AgentSetup {
    /// How an environment is written down for a process that somebody else starts.
    package enum Format: String, CaseIterable, Sendable {
        /// To be evaluated by a POSIX shell.
        case shell
        /// As `docker --env-file`, systemd and dotenv loaders read it.
        case dotenv
        /// A Secret with the variables, and a ConfigMap with the files, in YAML.
        case k8s
    }

    /// What changes against the parent's environment, with the run's secret in it.
    package func format(_ format: Format) -> String {
        let names = set.keys.sorted()
        return switch format {
        case .shell: lines(removed.map { "unset \($0)" } + names.map { "export \($0)=\(Self.shellQuoted(value($0)))" })
        case .dotenv: lines(removedComment + names.flatMap(dotenvLines))
        case .k8s: lines(kubernetes(names))
        }
    }

    func value(_ name: String) -> String { environment[name] ?? "" }

    private func lines(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    private var removedComment: [String] {
        removed.isEmpty ? [] : ["# must not be set: \(removed.joined(separator: " "))"]
    }

    /// Docker takes a line as it is; dotenv loaders know quotes and comments. What is plain to all of them stays plain.
    private func dotenvLines(_ name: String) -> [String] {
        let value = value(name)
        guard !Self.isPlainInDotenv(value) else { return ["\(name)=\(value)"] }
        return ["# docker --env-file would keep these quotes", "\(name)=\(Self.dotenvQuoted(value))"]
    }

    /// Not quoted at its beginning, no outer spaces, and none of the signs that some loader gives a meaning.
    static func isPlainInDotenv(_ value: String) -> Bool {
        guard let first = value.utf8.first, let last = value.utf8.last else { return true }
        return value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && !"#$`\\".utf8.contains($0) }
            && !"\"' ".utf8.contains(first) && last != UInt8(ascii: " ")
    }

    /// Double quotes, with `$` escaped against expansion.
    static func dotenvQuoted(_ value: String) -> String {
        "\"" + escaped(value).replacing("$", with: "\\$") + "\""
    }

    /// Single quotes keep everything but themselves.
    package static func shellQuoted(_ value: String) -> String {
        "'" + value.replacing("'", with: "'\\''") + "'"
    }

    static func yamlQuoted(_ value: String) -> String { "\"" + escaped(value) + "\"" }

    static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            .replacing("\r", with: "\\r").replacing("\t", with: "\\t")
    }
}
