internal import Core

/// `egress`: what may leave undecrypted.
enum EgressTable {
    static func read(_ value: Value, into rules: inout Rules) {
        guard let table = value.table(.egress) else { return }
        table.read("allow_addresses", into: &rules.tunnelDial.allowAddresses) { $0.addressRanges() }
        guard let tunnels = table["tunnel"]?.list() else { return }
        for value in tunnels {
            if let tunnel = tunnel(value, rules) { rules.tunnels.insert(tunnel) }
        }
    }

    private static func tunnel(_ value: Value, _ rules: Rules) -> TunnelRule? {
        let what = "a host in lower case and a port, such as pypi.org:443"
        guard let to = value.hostPort(what) else { return nil }
        guard to.port > 0, HostName.isValid(to.host) || to.address != nil else { return value.expected(what) }
        if let vendor = rules.vendor(host: to.host) {
            value.fail("\(to.host) belongs to vendor \(vendor.name): a vendor's host is never tunnelled unseen")
            return nil
        }
        if rules.ownAuthorities.contains(to.description) {
            value.fail("\(to) is the sidecar itself")
            return nil
        }
        return TunnelRule(host: to.host, port: to.port)
    }
}

extension Value {
    /// Exceptions to "public addresses only".
    func addressRanges() -> [AddressRange]? {
        oneOrMore { value in
            value.scalar.flatMap { AddressRange($0) }
                ?? value.expected("a network (10.0.0.0/8), an address, or an address and port (127.0.0.1:8443)")
        }
    }
}
