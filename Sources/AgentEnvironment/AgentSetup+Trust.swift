import FoundationEssentials

extension AgentSetup {
    /// They replace the public roots, so what they name must hold those too.
    package static let bundleVariables = [
        "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO",
        "CARGO_HTTP_CAINFO", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "PERL_LWP_SSL_CA_FILE", "HTTPS_CA_FILE",
        "HTTPLIB2_CA_CERTS", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "NIX_SSL_CERT_FILE", "HEX_CACERTS_PATH",
    ]

    /// They add to the roots that a runtime has.
    package static let additionVariables = ["NODE_EXTRA_CA_CERTS", "DENO_CERT"]

    /// Gives every client the system's roots, those that the user had set, and ours.
    mutating func trustAuthority(_ surroundings: AgentSurroundings) {
        let ours = PEMCertificate.all(in: surroundings.authority)
        if ours.isEmpty { warnings.append("there is no CA certificate of ours: no client will trust the sidecar") }
        let replaced = usersCertificates(Self.bundleVariables, surroundings)
        let added = usersCertificates(Self.additionVariables, surroundings)
        let all = PEMCertificate.unique(systemRoots(surroundings) + replaced + added + ours)
        let additions = PEMCertificate.unique(added + ours)
        add("ca.pem", ours.map(\.text).joined())
        add("bundle.pem", all.map(\.text).joined())
        if additions.count > ours.count { add("extra.pem", additions.map(\.text).joined()) }
        for name in Self.bundleVariables { environment[name] = place("bundle.pem") }
        for name in Self.additionVariables {
            environment[name] = place(additions.count > ours.count ? "extra.pem" : "ca.pem")
        }
        trustInWget(surroundings)
        trustInPHP()
        prepareJava(surroundings, roots: all)
    }

    private mutating func systemRoots(_ surroundings: AgentSurroundings) -> [PEMCertificate] {
        let roots = surroundings.text(at: surroundings.systemBundle).map(PEMCertificate.all) ?? []
        if roots.isEmpty {
            warnings.append(
                "no public roots in \(surroundings.systemBundle): hosts that are tunnelled will not be trusted")
        }
        return roots
    }

    /// A company's own root must not be lost because we name another file.
    private mutating func usersCertificates(
        _ names: [String], _ surroundings: AgentSurroundings
    ) -> [PEMCertificate] {
        var seen: Set<String> = [surroundings.systemBundle]
        return names.compactMap { surroundings.parent[$0] }.filter { !$0.isEmpty && seen.insert($0).inserted }
            .flatMap { path in
                let found = surroundings.text(at: path).map(PEMCertificate.all) ?? []
                if found.isEmpty {
                    warnings.append("\(path), named in the environment, holds no certificate we can read")
                }
                return found
            }
    }

    /// wget (GnuTLS) reads no variable but this, which stands for `~/.wgetrc`: so what that says is kept.
    private mutating func trustInWget(_ surroundings: AgentSurroundings) {
        let home = surroundings.parent["HOME"].map { $0 + "/.wgetrc" }
        let before = (surroundings.parent["WGETRC"] ?? home).flatMap(surroundings.text) ?? ""
        let kept = before.split(separator: "\n").filter { !Self.isReplacedInWget($0) }
        add("wgetrc", (kept + ["ca_certificate = \(place("bundle.pem"))", ""]).joined(separator: "\n"))
        environment["WGETRC"] = place("wgetrc")
    }

    /// Our own settings, and what should not be copied: passwords.
    private static func isReplacedInWget(_ line: Substring) -> Bool {
        let name = line.prefix { $0 != "=" }.filter { !$0.isWhitespace && $0 != "_" && $0 != "-" }.lowercased()
        return name.hasSuffix("proxy") || name.contains("password") || name.contains("passwd")
            || name == "cacertificate" || name == "header"
    }

    /// An empty part of the list is the folder that PHP was built with.
    private mutating func trustInPHP() {
        let bundle = place("bundle.pem")
        add("php/cofferdam.ini", "curl.cainfo = \"\(bundle)\"\nopenssl.cafile = \"\(bundle)\"\n")
        append(":" + place("php"), to: "PHP_INI_SCAN_DIR", separator: "")
    }
}
