internal import Core

extension VendorDraft {
    /// The keys that only `proxy.conf` has.
    mutating func applyDeployment(_ table: Table) {
        table.read("credential", into: &credential) { $0.credentialSource() }
        table.read("mode", into: &mode) { $0.word(["test", "live"]) }
        table.read("account", into: &vendor.account) { $0.name("an account's ID") }
        table.read("scrub", into: &vendor.scrub) { $0.flag() }
        vendor.dial.apply(table)
    }
}

extension Dial {
    fileprivate mutating func apply(_ table: Table) {
        table.read("connect_to", into: &connectTo) { $0.address() }
        table.read("ca_file", into: &caFile) { $0.path() }
        table.read("allow_addresses", into: &allowAddresses) { $0.addressRanges() }
        table.read("upstream_proxy", into: &upstreamProxy) { $0.proxyURL() }
        guard let timeouts = table["timeouts"]?.table(.timeouts) else { return }
        let bounds: ClosedRange<Span> = .seconds(1) ... .seconds(86_400)
        timeouts.read("connect", into: &connectTimeout) { $0.span(bounds) }
        timeouts.read("first_byte", into: &firstByteTimeout) { $0.span(bounds) }
        timeouts.read("idle", into: &idleTimeout) { $0.span(bounds) }
    }
}

extension Value {
    fileprivate func address() -> String? {
        let what = "an address and port such as 127.0.0.1:8443"
        guard let to = hostPort(what) else { return nil }
        return to.address != nil && to.port > 0 ? to.description : expected(what)
    }

    fileprivate func proxyURL() -> String? {
        let what = "a proxy such as http://proxy.example.com:3128"
        guard let text = scalar, text.hasPrefix("http://"), let to = HostPort(text: String(text.dropFirst(7))),
            to.port > 0, HostName.isValid(to.host) || to.address != nil
        else { return expected(what) }
        return "http://\(to)"
    }
}
