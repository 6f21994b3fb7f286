extension AgentSetup {
    /// Read before, or instead of, `HTTPS_PROXY` by the tool that they are named for.
    private static let otherProxyVariables = [
        "ALL_PROXY", "all_proxy", "grpc_proxy", "GRPC_PROXY", "no_grpc_proxy", "CARGO_HTTP_PROXY", "PIP_PROXY",
        "npm_config_proxy", "npm_config_https_proxy", "npm_config_http_proxy", "NPM_CONFIG_PROXY",
        "NPM_CONFIG_HTTPS_PROXY", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY", "GLOBAL_AGENT_HTTP_PROXY",
        "GLOBAL_AGENT_HTTPS_PROXY",
    ]

    /// Not `127.0.0.0/8`: wget, aiohttp, LWP and Node don't understand it.
    private static let ownHosts = ["localhost", "127.0.0.1", "::1"]

    /// Every spelling: wget and gRPC read lower case only, Ruby takes `http_proxy` for https too.
    mutating func pointToProxy(_ surroundings: AgentSurroundings) {
        for name in Self.otherProxyVariables { environment[name] = nil }
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
            environment[name] = surroundings.proxyURL
        }
        let direct = exceptions(surroundings.parent).joined(separator: ",")
        environment["NO_PROXY"] = direct
        environment["no_proxy"] = direct
        environment["NODE_USE_ENV_PROXY"] = "1"
        environment["PERL_LWP_ENV_PROXY"] = "1"
    }

    private mutating func exceptions(_ parent: [String: String]) -> [String] {
        let old = [parent["NO_PROXY"], parent["no_proxy"]].compactMap { $0 }
            .flatMap { $0.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) }
        if old.contains("*") {
            warnings.append("NO_PROXY=* would send everything past the sidecar; the agent gets NO_PROXY without it")
        }
        var seen: Set<String> = ["*"]
        return (old + Self.ownHosts).filter { seen.insert($0).inserted }
    }
}

/// A proxy's address without its credential.
struct ProxyAddress: Equatable {
    let host: String
    let port: String

    /// - Parameter url: `http://name:secret@host:port`, or `host:port`. Nil when there is no port.
    init?(_ url: String) {
        var rest = Substring(url)
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        rest = rest.prefix { $0 != "/" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        guard let colon = rest.lastIndex(of: ":") else { return nil }
        host = rest[..<colon].filter { $0 != "[" && $0 != "]" }
        port = String(rest[rest.index(after: colon)...])
        guard !host.isEmpty, Int(port) != nil else { return nil }
    }
}
