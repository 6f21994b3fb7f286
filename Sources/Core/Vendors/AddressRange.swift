internal import Foundation

/// A network (`10.0.0.0/8`), one address (`10.1.2.3`), or one address and port (`127.0.0.1:8443`).
package struct AddressRange: Sendable, Hashable {
    package let network: IPAddress
    package let bits: Int
    package let port: Int?

    /// Reads `a.b.c.d`, `a.b.c.d/n`, `a.b.c.d:port`, `v6`, `v6/n`, `[v6]:port`; nil when malformed.
    package init?(_ text: String) {
        if text.contains("/") {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let address = Self.parse(String(parts[0])),
                let bits = Decimals.whole(Array(parts[1].utf8)), bits <= address.bytes.count * 8
            else { return nil }
            (network, self.bits, port) = (address, Int(bits), nil)
        } else {
            guard let (host, port) = Self.splitPort(text), let address = Self.parse(host) else { return nil }
            (network, bits, self.port) = (address, address.bytes.count * 8, port)
        }
    }

    /// Whether the address (and the port, where the range names one) lies inside.
    package func contains(_ address: IPAddress, port: Int? = nil) -> Bool {
        guard address.bytes.count == network.bytes.count, self.port == nil || self.port == port else { return false }
        let whole = bits / 8
        guard address.bytes[0..<whole] == network.bytes[0..<whole] else { return false }
        let rest = bits % 8
        return rest == 0 || (address.bytes[whole] ^ network.bytes[whole]) >> (8 - rest) == 0
    }

    /// The address of a literal (no brackets), or nil.
    package static func parse(_ text: String) -> IPAddress? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            return IPAddress(bytes: withUnsafeBytes(of: &v4) { Array($0) })
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        return IPAddress(bytes: withUnsafeBytes(of: &v6) { Array($0) })
    }

    private static func splitPort(_ text: String) -> (String, Int?)? {
        if text.hasPrefix("[") {
            let parts = text.dropFirst().split(separator: "]", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].hasPrefix(":") else { return nil }
            return port(parts[1].dropFirst()).map { (String(parts[0]), $0) }
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (text, nil) }
        return port(parts[1]).map { (String(parts[0]), $0) }
    }

    private static func port(_ text: Substring) -> Int? {
        Decimals.whole(Array(text.utf8)).flatMap { (1...65_535).contains($0) ? Int($0) : nil }
    }
}
