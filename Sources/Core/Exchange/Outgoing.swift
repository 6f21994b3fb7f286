/// Builds what the origin sees: end-to-end fields of the client, then the credential.
struct Outgoing {
    let permit: Permit

    func request(_ arrival: Arrival, _ content: Content) -> OriginRequest {
        let target = permit.target
        var fields = self.fields(arrival.head, type: content.type)
        let path = put(into: &fields, target.path)
        return OriginRequest(
            method: target.method, host: target.host, target: path, fields: fields, content: content.outgoing,
            dial: target.vendor.dial, pool: target.vendor.name, lane: arrival.lane)
    }

    /// A GET of ours beside the client's request: its account, its version, and the credential.
    func inquiry(_ path: CanonicalPath, _ arrival: Arrival) -> OriginRequest {
        let target = permit.target
        var fields = Fields()
        let listed = target.vendor.versionFields.filter { permit.grant.key.pinned[$0] != nil }
        for name in target.vendor.pinnedFields + listed {
            for value in arrival.head.fields.all(name) { fields.append(name.utf8, value) }
        }
        fields.append("Accept-Encoding", "identity")
        let sent = put(into: &fields, path)
        return OriginRequest(
            method: .get, host: target.host, target: sent, fields: fields, content: .none, dial: target.vendor.dial,
            pool: target.vendor.name, lane: arrival.lane)
    }

    /// Hop-by-hop fields are gone by now; the credential comes after, so that `Connection` can't name it away.
    private func fields(_ head: RequestHead, type: String?) -> Fields {
        var fields = head.fields
        let (target, listed) = (permit.target, permit.grant.key.pinned)
        fields.removeAll { name in
            Self.dropped.contains(name)
                || Self.isOurs(name)
                // `Stripe_Account` and `Stripe-Account` are one field to origins that read them through CGI.
                || !name.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
                // A credential that comes back in pieces could not be scrubbed.
                || (target.vendor.scrub && (ASCII.equal(name, "range") || ASCII.equal(name, "if-range")))
                || target.vendor.keyFields.contains { ASCII.equal(name, $0) }
                || target.vendor.scheme.isPut(in: name)
                || target.vendor.versionFields.contains { listed[$0] == nil && ASCII.equal(name, $0) }
                || (type != nil && ASCII.equal(name, "content-type"))
        }
        fields.removeValues { Shown.holdsOurSecret($0) || target.vendor.isKey($0) }
        if let type { fields.append("Content-Type", type) }
        // Encoded content could not be scrubbed.
        fields.append("Accept-Encoding", "identity")
        return fields
    }

    /// Puts the credential where the vendor wants it, and gives the target that is sent.
    private func put(into fields: inout Fields, _ path: CanonicalPath) -> [UInt8] {
        let secret = permit.grant.credential.reveal()
        switch permit.target.vendor.scheme {
        case .bearer: fields.append("Authorization".utf8, "Bearer ".utf8 + secret)
        case .basic: fields.append("Authorization".utf8, "Basic ".utf8 + Base64.encode(secret))
        case .field(let name, let prefix): fields.append(name.utf8, prefix.utf8 + secret)
        case .query(let name): return path.target(setting: name, to: secret)
        }
        return path.target
    }

    private static let dropped = NameSet([
        "host", "content-length", "expect", "accept-encoding", "authorization", "forwarded", "via", "x-real-ip",
        "x-agent-run-id", "alt-used", "true-client-ip", "x-client-ip", "x-cluster-client-ip", "cf-connecting-ip",
        "fastly-client-ip", "x-forwarded", "forwarded-for", "x-host", "x-original-host", "x-http-host-override",
        "http2-settings", "client-ip", "x-remote-addr", "x-remote-ip", "x-originating-ip", "wl-proxy-client-ip",
        "x-original-forwarded-for", "x-envoy-external-address", "x-envoy-original-path", "x-original-path",
        "remote-user",
        "x-remote-user", "proxy",
        // A session of the agent's own would be another caller than the credential's.
        "cookie", "cookie2",
    ])

    private static func isOurs(_ name: ArraySlice<UInt8>) -> Bool {
        ASCII.begins(name, with: "cofferdam-") || ASCII.begins(name, with: "x-forwarded-")
            || ASCII.begins(name, with: "proxy-")
    }
}

/// Fields that end at the next hop (RFC 9110, section 7.6.1).
enum HopByHop {
    private static let names = NameSet([
        "connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te", "trailer",
        "transfer-encoding", "upgrade",
    ])

    static func remove(from fields: inout Fields) {
        let named = named(by: fields)
        fields.removeAll { name in
            names.contains(name)
                || (!named.isEmpty && named.contains { $0.elementsEqual(ASCII.lowercased(name)) })
        }
    }

    /// The fields that `Connection` names; mostly it names none.
    static func named(by fields: Fields) -> [[UInt8]] {
        guard let options = fields["connection"] else { return [] }
        let one =
            fields.count("connection") == 1 && (ASCII.equal(options, "keep-alive") || ASCII.equal(options, "close"))
        return one ? [] : fields.list("connection")
    }
}

extension CanonicalPath {
    /// The target with one more query parameter; the client's own of that name were taken out when it was bound.
    func target(setting name: String, to value: [UInt8]) -> [UInt8] {
        var target = path + [UInt8(ascii: "?")]
        if let query, !query.isEmpty { target += query + [UInt8(ascii: "&")] }
        Percent.encode(name.utf8, to: &target)
        target.append(UInt8(ascii: "="))
        Percent.encode(value, to: &target)
        return target
    }
}
