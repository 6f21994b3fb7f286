package import Core

/// `127.0.0.1:4700`, `[::1]:4700` or `api.stripe.com:443`.
package struct HostPort: Sendable, Hashable, CustomStringConvertible {
    /// Without brackets.
    package var host: String
    package var port: Int

    package init(_ host: String, _ port: Int) { (self.host, self.port) = (host, port) }

    /// Reads it strictly; nil when it is malformed. Port 0 (any free one) is let through.
    init?(text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Decimals.whole(Array(text[text.index(after: colon)...].utf8)), port <= 65_535
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard AddressRange.parse(String(host))?.bytes.count == 16 else { return nil }
        } else if host.contains(":") || host.isEmpty {
            return nil
        }
        self.init(String(host), Int(port))
    }

    package var description: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    /// The address that it names, when it is one.
    package var address: IPAddress? { AddressRange.parse(host) }

    package var isLoopback: Bool { host == "localhost" || address.map(Self.loopback.contains) ?? false }

    private struct Loopback {
        let v4 = AddressRange("127.0.0.0/8")
        let v6 = AddressRange("::1/128")

        func contains(_ address: IPAddress) -> Bool {
            v4?.contains(address) == true || v6?.contains(address) == true
        }
    }

    private static let loopback = Loopback()
}

extension Value {
    func hostPort(_ what: String) -> HostPort? {
        guard let text = scalar, let address = HostPort(text: text) else { return expected(what) }
        return address
    }

    /// A host's name in lower case; never an address.
    func hostName() -> String? {
        guard let text = text("a host's name") else { return nil }
        guard AddressRange.parse(text) == nil else {
            fail("\"\(text)\" is an address; a vendor is known by its name")
            return nil
        }
        guard HostName.isValid(text) else { return expected("a host's name in lower case") }
        return text
    }
}

/// What a host's name may look like.
enum HostName {
    static func isValid(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.allSatisfy(isLabel) && labels.last?.allSatisfy(ASCII.isDigit) == false
    }

    private static func isLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
            && label.allSatisfy { ASCII.isDigit($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    }
}
