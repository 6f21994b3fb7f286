/// Where a request goes, bound once: the vendor, the name that is dialled and verified, and the canonical path.
package final class Target: Sendable {
    package let vendor: Vendor
    package let host: String
    package let method: Method
    package let path: CanonicalPath
    /// What the catalogue calls it.
    package let operation: Operation?
    /// How the client came here.
    package let way: Way
    /// The gateway under a name of its own: there the proxy credential merely opens the way.
    let onVirtualHost: Bool
    /// A question about the caller itself, which goes nowhere.
    let isSelf: Bool
    /// What stood in the query where the vendor wants its key: taken out of it, so that nothing judges or forwards it.
    let shownKeys: [[UInt8]]

    /// The way in.
    package enum Way: String, Sendable { case intercept, absolute, gateway }

    init(
        vendor: Vendor, host: String, method: Method, path: CanonicalPath, way: Way, onVirtualHost: Bool = false,
        isSelf: Bool = false
    ) {
        (self.vendor, self.host, self.method, self.way) = (vendor, host, method, way)
        (self.onVirtualHost, self.isSelf) = (onVirtualHost, isSelf)
        var path = path
        shownKeys = vendor.scheme.parameter.map { path.take($0) } ?? []
        self.path = path
        // Frameworks answer HEAD by doing what GET does: it reveals and costs the same.
        operation =
            vendor.table.match(method, host: host, segments: path.segments)
            ?? (method == .head ? vendor.table.match(.get, host: host, segments: path.segments) : nil)
    }

    /// What refusals and records call it: the operation's name, or method and path.
    package var title: String { operation?.name ?? "\(method.rawValue) \(path.text)" }
}

/// The authority of a request: `host` or `host:port`, in lower case.
package struct Authority: Sendable, Hashable {
    package var host: String
    package var port: Int?

    /// Reads strictly: letters, digits, `-`, `.` (and `_`), or a bracketed IPv6 literal; nil otherwise.
    package init?(_ bytes: ArraySlice<UInt8>) {
        let colon = bytes.last == UInt8(ascii: "]") ? nil : bytes.lastIndex(of: UInt8(ascii: ":"))
        let name = bytes[..<(colon ?? bytes.endIndex)]
        guard Self.isName(name) else { return nil }
        host = String(bytes: ASCII.lowercased(name))
        guard let colon else { return }
        guard let number = Decimals.whole(bytes[(colon + 1)...]), (1...65_535).contains(number) else { return nil }
        port = Int(number)
    }

    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        if name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") {
            return name.dropFirst().dropLast().allSatisfy {
                ASCII.hexValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == 0x2E
            }
        }
        let allowed = name.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
        let labels = name.split(separator: 0x2E, omittingEmptySubsequences: false)
        return allowed && name.count <= 253 && labels.allSatisfy { !$0.isEmpty }
    }

    package var text: String { port.map { "\(host):\($0)" } ?? host }
}
