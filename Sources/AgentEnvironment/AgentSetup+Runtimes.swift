import FoundationEssentials

extension AgentSetup {
    /// What tells frameworks not to report to their makers. That would be refused, and they try again and again, also
    /// when the process wants to end: 18 seconds for CrewAI. Whoever wants it sets the variable, and `egress.tunnel`.
    private static let quiet = ["CREWAI_DISABLE_TELEMETRY": "true"]

    mutating func quietFrameworks() { environment.merge(Self.quiet) { told, _ in told } }

    /// Node and Python, whose clients need more than variables.
    mutating func prepareRuntimes(_ surroundings: AgentSurroundings) {
        add("preload.js", Data(PackageResources.preload_js))
        append("--require " + Self.nodeQuoted(place("preload.js")), to: "NODE_OPTIONS", separator: " ")
        add("python/sitecustomize.py", Data(PackageResources.sitecustomize_py))
        let others = (environment["PYTHONPATH"] ?? "").split(separator: ":").filter { $0 != place("python") }
        environment["PYTHONPATH"] = ([place("python")] + others.map(String.init)).joined(separator: ":")
    }

    /// NODE_OPTIONS splits at spaces, outside of double quotes.
    static func nodeQuoted(_ path: String) -> String {
        guard path.contains(where: { $0 == " " || $0 == "\"" || $0 == "\\" }) else { return path }
        return "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Java takes neither the proxy nor a CA from variables. Its options get printed, so they hold no secret.
    mutating func prepareJava(_ surroundings: AgentSurroundings, roots: [PEMCertificate]) {
        add("truststore.jks", JavaTrustStore.encode(roots.map(\.der)))
        let before = environment["JAVA_TOOL_OPTIONS"] ?? ""
        if before.contains("javax.net.ssl.trustStore=") && !before.contains(place("truststore.jks")) {
            warnings.append("JAVA_TOOL_OPTIONS names a trust store of its own; the agent gets ours instead")
        }
        guard let proxy = ProxyAddress(surroundings.runListener ?? surroundings.proxyURL) else { return }
        if surroundings.runListener == nil {
            notes.append("Java can't send a proxy credential: it needs a listener of the run (listen.runs)")
        }
        let options = [
            "-Dhttps.proxyHost=\(proxy.host)", "-Dhttps.proxyPort=\(proxy.port)",
            "-Dhttp.proxyHost=\(proxy.host)", "-Dhttp.proxyPort=\(proxy.port)",
            "-Dhttp.nonProxyHosts=\(javaExceptions().joined(separator: "|"))",
            "-Djavax.net.ssl.trustStore=\(place("truststore.jks"))", "-Djavax.net.ssl.trustStoreType=JKS",
        ]
        append(options.map(Self.javaQuoted).joined(separator: " "), to: "JAVA_TOOL_OPTIONS", separator: " ")
    }

    /// NO_PROXY in Java's words: `*` only at an end, address ranges not at all.
    private func javaExceptions() -> [String] {
        let hosts = (environment["NO_PROXY"] ?? "").split(separator: ",").filter { !$0.contains("/") }
        return hosts.map { host in
            if host.hasPrefix(".") { return "*" + host }
            return host.filter { $0 == ":" }.count > 1 && !host.hasPrefix("[") ? "[\(host)]" : String(host)
        } + ["127.*"]
    }

    /// JAVA_TOOL_OPTIONS splits at white space, outside of quotes of either kind; there are no escapes.
    static func javaQuoted(_ option: String) -> String {
        guard option.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "'" }) else { return option }
        return option.contains("\"") ? "'\(option)'" : "\"\(option)\""
    }
}
