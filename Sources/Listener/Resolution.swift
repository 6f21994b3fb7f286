internal import Core
internal import NIOCore
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Names to addresses, for blind tunnels; libcurl does its own.
enum Resolution {
    /// All TCP addresses of a name. Blocks.
    static func addresses(_ host: String, _ port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = SOCK_STREAM.rawValue32
        var list: UnsafeMutablePointer<addrinfo>?
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard getaddrinfo(name, String(port), &hints, &list) == 0 else { throw Refusal.originUnreachable }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = address(entry.pointee) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
    }

    private static func address(_ entry: addrinfo) -> SocketAddress? {
        guard let raw = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET: return raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        case AF_INET6: return raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
        default: return nil
        }
    }

    /// Whether the address is public, or excepted.
    static func mayDial(_ address: SocketAddress, _ dial: Dial) -> Bool {
        guard let text = address.ipAddress, let ip = AddressRange.parse(text) else { return false }
        return ip.isPublic || dial.allowAddresses.contains { $0.contains(ip, port: address.port) }
    }
}

#if canImport(Glibc)
extension __socket_type {
    fileprivate var rawValue32: Int32 { Int32(rawValue) }
}
#endif
