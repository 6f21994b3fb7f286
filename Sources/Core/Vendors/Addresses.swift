/// An IP address as its bytes: 4 (v4) or 16 (v6); v4-mapped v6 is v4.
package struct IPAddress: Sendable, Hashable {
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        if bytes.count == 4 {
            self.bytes = bytes
        } else if bytes.count == 16 {
            let mapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.bytes = mapped ? Array(bytes[12...]) : bytes
        } else {
            return nil
        }
    }

    /// Whether it is a public, globally reachable unicast address (IANA special-purpose registries).
    package var isPublic: Bool { !Self.special.contains { $0.contains(self) } }

    private static let special: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ].compactMap { AddressRange($0) }
}
