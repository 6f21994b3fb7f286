package import FoundationEssentials

/// The roots that an agent should trust: the system's, the operator's own, and our CA.
///
/// Never ours alone by accident: most clients *replace* their roots by the bundle that they are told of, so one
/// without the system's breaks every host that is not intercepted.
package struct TrustBundle: Sendable {
    /// Where the systems that we know keep their roots in one PEM file, in the order in which they are tried.
    package static let systemRoots = [
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Arch
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL, Fedora, Amazon Linux
        "/etc/pki/tls/certs/ca-bundle.crt",  // older RHEL
        "/etc/ssl/ca-bundle.pem",  // SUSE
        "/etc/ssl/cert.pem",  // Alpine without ca-certificates, macOS
    ]

    /// The certificates in DER, each once; ours is the last.
    package let certificates: [[UInt8]]

    /// Everything as PEM: what `SSL_CERT_FILE` and its like name.
    package var pem: String {
        certificates.map(PEM.encode).joined()
    }

    /// Writes `pem` for others to read, at once and durably.
    package func write(to path: String) throws(AuthorityError) {
        try POSIXFile.write(Array(pem.utf8), to: path, mode: 0o644)
    }

    /// Writes a Java trust store (JKS) for others to read; it needs no `trustStorePassword`.
    package func writeJavaTrustStore(to path: String, created: Date = Date()) throws(AuthorityError) {
        let bytes = JavaTrustStore.encode(certificates, created: created)
        try POSIXFile.write(bytes, to: path, mode: 0o644)
    }
}

extension LocalAuthority {
    /// The system's roots, `extra` ones, and ours.
    /// - Parameters:
    ///   - systemRoots: paths; the first that is there and holds certificates is taken. None at all on purpose: `[]`.
    ///   - extra: paths of further PEM files, all of which must be there (a company's own roots).
    /// - Returns: each certificate once, ours as the last.
    /// - Throws: `.noSystemRoots`; `.io` or `.malformed` for an extra file.
    package func bundle(
        systemRoots: [String] = TrustBundle.systemRoots, extra: [String] = []
    ) throws(AuthorityError) -> TrustBundle {
        var all = try roots(systemRoots)
        for path in extra {
            let more = PEM.certificates(in: try POSIXFile.read(path).bytes)
            guard !more.isEmpty else { throw .malformed(path: path, reason: "no certificate in PEM") }
            all += more
        }
        var seen: Set<[UInt8]> = [certificateDER]
        return TrustBundle(certificates: all.filter { seen.insert($0).inserted } + [certificateDER])
    }

    private func roots(_ paths: [String]) throws(AuthorityError) -> [[UInt8]] {
        if paths.isEmpty { return [] }
        for path in paths where POSIXFile.exists(path) {
            let roots = PEM.certificates(in: try POSIXFile.read(path).bytes)
            if !roots.isEmpty { return roots }
        }
        throw .noSystemRoots(tried: paths)
    }
}
