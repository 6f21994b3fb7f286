extension AgentSetup {
    /// How an environment is written down for a process that somebody else starts.
    package enum Format: String, CaseIterable, Sendable {
        /// To be evaluated by a POSIX shell.
        case shell
        /// As Docker, systemd and dotenv loaders read it.
        case dotenv
        /// A container's `env`, in YAML.
        case k8s
    }

    /// What changes against the parent's environment, with the run's secret in it.
    package func format(_ format: Format) -> String {
        let names = set.keys.sorted()
        return switch format {
        case .shell: lines(removed.map { "unset \($0)" } + names.map { "export \($0)=\(Self.shellQuoted(value($0)))" })
        case .dotenv: lines(removedComment + names.map { "\($0)=\(Self.dotenvQuoted(value($0)))" })
        case .k8s: lines(k8sComment + ["env:"] + names.flatMap(k8sEntry))
        }
    }

    private func value(_ name: String) -> String { environment[name] ?? "" }

    private func lines(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

    private var removedComment: [String] {
        removed.isEmpty ? [] : ["# must not be set: \(removed.joined(separator: " "))"]
    }

    private var k8sComment: [String] {
        [
            "# HTTPS_PROXY and HTTP_PROXY hold the run's secret: keep this out of version control.",
            "# Mount a volume with these files, readable to the agent, at \(folder):",
        ] + files.map { "#   \($0.path)" } + removedComment
    }

    private func k8sEntry(_ name: String) -> [String] {
        ["  - name: \(Self.yamlQuoted(name))", "    value: \(Self.yamlQuoted(value(name)))"]
    }

    /// Single quotes keep everything but themselves.
    static func shellQuoted(_ value: String) -> String {
        "'" + value.replacing("'", with: "'\\''") + "'"
    }

    /// Plain where every loader reads it alike; else double quotes, with `$` escaped against expansion.
    static func dotenvQuoted(_ value: String) -> String {
        let plain = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "+")...UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "_"), UInt8(ascii: "%"),
                UInt8(ascii: "="), UInt8(ascii: "~"):
                true
            default: false
            }
        }
        return plain ? value : "\"" + escaped(value).replacing("$", with: "\\$") + "\""
    }

    static func yamlQuoted(_ value: String) -> String { "\"" + escaped(value) + "\"" }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            .replacing("\r", with: "\\r").replacing("\t", with: "\\t")
    }
}
