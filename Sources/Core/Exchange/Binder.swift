/// Binds a request's authority once: CONNECT name, Host, target URI and vendor are one, or the request is refused.
struct Binder {
    let rules: Rules

    func bind(_ arrival: Arrival) throws(Refusal) -> Target {
        switch arrival.way {
        case .tunnel(let host, _, _): try intercepted(arrival.head, host)
        case .listener: try onListener(arrival.head)
        }
    }

    /// Path and query of a request to the key service's virtual host; nil for every other request.
    func keyService(_ arrival: Arrival) throws(Refusal) -> ArraySlice<UInt8>? {
        guard let name = rules.virtualHosts.api else { return nil }
        switch arrival.way {
        case .tunnel(let host, _, _): return host == name ? try inside(arrival.head, host) : nil
        case .listener:
            guard let absolute = try AbsoluteForm(arrival.head.target[...]), absolute.authority.host == name else {
                return nil
            }
            try checkAbsolute(arrival.head, absolute)
            return absolute.rest
        }
    }

    private func intercepted(_ head: RequestHead, _ host: String) throws(Refusal) -> Target {
        let target = try inside(head, host)
        if host == rules.virtualHosts.proxy { return try gateway(head, target, onVirtualHost: true) }
        return try named(head, host, target, .intercept)
    }

    /// Path and query of a request inside a tunnel.
    private func inside(_ head: RequestHead, _ host: String) throws(Refusal) -> ArraySlice<UInt8> {
        try Self.checkHost(head, is: { $0.host == host && ($0.port ?? 443) == 443 })
        guard let absolute = try AbsoluteForm(head.target[...]) else { return head.target[...] }
        guard absolute.authority.host == host, absolute.isSecure, absolute.usesDefaultPort else {
            throw .authorityMismatch("the target URI is not the tunnel's host")
        }
        return absolute.rest
    }

    private func onListener(_ head: RequestHead) throws(Refusal) -> Target {
        guard let absolute = try AbsoluteForm(head.target[...]) else {
            try Self.checkHost(head, is: isOurs)
            return try gateway(head, head.target[...])
        }
        if isOurs(absolute.authority) {
            try Self.checkHost(head, is: absolute.isFor)
            return try gateway(head, absolute.rest)
        }
        try checkAbsolute(head, absolute)
        if absolute.authority.host == rules.virtualHosts.proxy {
            return try gateway(head, absolute.rest, onVirtualHost: true)
        }
        return try named(head, absolute.authority.host, absolute.rest, .absolute)
    }

    private func checkAbsolute(_ head: RequestHead, _ absolute: AbsoluteForm) throws(Refusal) {
        try Self.checkHost(head, is: absolute.isFor)
        guard absolute.usesDefaultPort else { throw .hostNotAllowed(host: absolute.authority.text) }
    }

    /// `/{vendor}/{path}`: the vendor's primary host.
    private func gateway(
        _ head: RequestHead, _ target: ArraySlice<UInt8>, onVirtualHost: Bool = false
    ) throws(Refusal) -> Target {
        let path = try CanonicalPath(target)
        guard let first = path.segments.first else { throw .unknownVendor("") }
        if first.elementsEqual(Self.ourName.utf8) { return try ourselves(head, path, onVirtualHost) }
        guard let vendor = rules.vendors[String(bytes: first)] else { throw .unknownVendor(String(bytes: first)) }
        var rest = try path.droppingFirstSegment()
        if let prefix = vendor.versionPrefix, rest.segments.count > 1,
            rest.segments[0].elementsEqual(prefix.utf8), rest.segments[1].elementsEqual(prefix.utf8)
        {
            rest = try rest.droppingFirstSegment()
        }
        return try checked(
            Target(
                vendor: vendor, host: vendor.primaryHost, method: head.method, path: rest, way: .gateway,
                onVirtualHost: onVirtualHost))
    }

    /// No vendor: what the sidecar answers itself.
    private static let ourName = "_cofferdam"

    /// `GET /_cofferdam/self`
    private func ourselves(
        _ head: RequestHead, _ path: CanonicalPath, _ onVirtualHost: Bool
    ) throws(Refusal) -> Target {
        guard path.text == "/\(Self.ourName)/self" else { throw .unknownVendor(Self.ourName) }
        guard head.method == .get || head.method == .head else { throw .methodNotAllowed }
        return Target(
            vendor: Vendor(name: Self.ourName), host: "", method: head.method, path: path, way: .gateway,
            onVirtualHost: onVirtualHost, isSelf: true)
    }

    private func named(
        _ head: RequestHead, _ host: String, _ target: ArraySlice<UInt8>, _ way: Target.Way
    ) throws(Refusal) -> Target {
        guard let vendor = rules.vendor(host: host) else { throw .hostNotAllowed(host: host) }
        let path = try CanonicalPath(target)
        return try checked(Target(vendor: vendor, host: host, method: head.method, path: path, way: way))
    }

    /// Parameters that turn one method into another are refused before anything is judged, and so are our own secrets.
    private func checked(_ target: Target) throws(Refusal) -> Target {
        if target.path.segments.contains(where: target.vendor.isKey) { throw .vendorKeyInTarget }
        guard let query = target.path.query else { return target }
        try target.check(parameters: query)
        // What was found under its own name is taken out; the rest would stand beside the credential.
        if let key = target.vendor.scheme.parameter, ParameterNames([key]).first(in: query) != nil {
            throw .malformedRequest("the parameter \(key) in another spelling")
        }
        // A parameter can't just be left out like a field: without a filter a list is another list.
        if Shown.holdsOurSecret((Percent.decodeForm(query[...]) ?? query)[...]) {
            throw .malformedRequest("a vault key in the query, where the vendor's own key does not belong")
        }
        let parts = query.split(whereSeparator: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") })
        let values = parts.map { $0.drop { $0 != UInt8(ascii: "=") }.dropFirst() }
        if values.contains(where: { target.vendor.isKey((Percent.decodeForm($0) ?? Array($0))[...]) }) {
            throw .vendorKeyInTarget
        }
        return target
    }

    private func isOurs(_ authority: Authority) -> Bool { rules.ownAuthorities.contains(authority.text) }

    static func checkHost(_ head: RequestHead, is matches: (Authority) -> Bool) throws(Refusal) {
        // HTTP/1.0 clients may leave Host out; then the tunnel or the target URI is all there is.
        guard let value = head.fields["host"] else { return }
        guard let authority = Authority(value), matches(authority) else {
            throw .authorityMismatch("the Host field names another authority")
        }
    }
}

/// An absolute-form request target (RFC 9112, section 3.2.2).
struct AbsoluteForm {
    let authority: Authority
    let isSecure: Bool
    /// Path and query; `/` when there is none.
    let rest: ArraySlice<UInt8>

    var usesDefaultPort: Bool { port(of: authority) == port(of: nil) }

    /// Whether this is the authority that it names.
    func isFor(_ other: Authority) -> Bool { authority.host == other.host && port(of: authority) == port(of: other) }

    private func port(of authority: Authority?) -> Int { authority?.port ?? (isSecure ? 443 : 80) }

    /// nil when the target is in origin-form.
    init?(_ target: ArraySlice<UInt8>) throws(Refusal) {
        if target.first == UInt8(ascii: "/") { return nil }
        let scheme = target.prefix { $0 != UInt8(ascii: ":") }
        let secure = ASCII.equal(scheme, "https")
        guard secure || ASCII.equal(scheme, "http"), target.dropFirst(scheme.count).starts(with: "://".utf8) else {
            throw .malformedRequest("a request target that is neither a path nor an http URI")
        }
        let behind = target.dropFirst(scheme.count + 3)
        let end = behind.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        guard let authority = Authority(behind[..<(end ?? behind.endIndex)]) else {
            throw .malformedRequest("a target URI with user information or a malformed authority")
        }
        self.authority = authority
        isSecure = secure
        let rest = end.map { behind[$0...] } ?? []
        self.rest = rest.first == UInt8(ascii: "/") ? rest : [UInt8(ascii: "/")] + rest
    }
}

extension Refusal {
    fileprivate static let vendorKeyInTarget = Refusal.malformedRequest("a key of the vendor's in the target")
}
