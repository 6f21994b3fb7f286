internal import CCurl
internal import Core

/// One end of a connection as libcurl names it: the address as text in fixed room, and the port.
struct Peer: Equatable {
    // INET6_ADDRSTRLEN is 46.
    private var text: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    var port: Int32 = 0

    init() {}

    init(_ address: UnsafePointer<CChar>, port: Int32) {
        self.port = port
        withUnsafeMutableBytes(of: &text) { room in
            var index = 0
            while index < 46, address[index] != 0 {
                room[index] = UInt8(bitPattern: address[index])
                index += 1
            }
        }
    }

    static func == (a: Peer, b: Peer) -> Bool {
        a.port == b.port && a.text.0 == b.text.0 && a.text.1 == b.text.1 && a.text.2 == b.text.2
            && a.text.3 == b.text.3 && a.text.4 == b.text.4 && a.text.5 == b.text.5
    }

    var address: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Where a vendor's connections may lead: public addresses, and the exceptions of the configuration.
struct AddressRule {
    private let exceptions: [AddressRange]
    /// With a proxy between, the socket leads to the proxy; the vendor's name was checked before.
    let isBehindProxy: Bool

    init(_ dial: Dial) {
        exceptions = dial.allowAddresses
        isBehindProxy = dial.upstreamProxy != nil
    }

    func permits(_ address: IPAddress, port: Int) -> Bool {
        address.isPublic || exceptions.contains { $0.contains(address, port: port) }
    }

    func permits(_ peer: Peer) -> Bool {
        guard let address = AddressRange.parse(peer.address) else { return false }
        return permits(address, port: Int(peer.port))
    }

    /// The address that a socket is about to be connected to.
    func permits(_ address: UnsafePointer<sockaddr>, length: Int) -> Bool {
        guard let (ip, port) = Self.read(address, length: length) else { return false }
        return permits(ip, port: port)
    }

    /// Address and port of an internet socket address; nil for any other family.
    static func read(_ address: UnsafePointer<sockaddr>, length: Int) -> (IPAddress, Int)? {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            var v4 = raw.loadUnaligned(as: sockaddr_in.self)
            let ip = withUnsafeBytes(of: &v4.sin_addr) { IPAddress(bytes: Array($0)) }
            return ip.map { ($0, Int(UInt16(bigEndian: v4.sin_port))) }
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            var v6 = raw.loadUnaligned(as: sockaddr_in6.self)
            let ip = withUnsafeBytes(of: &v6.sin6_addr) { IPAddress(bytes: Array($0)) }
            return ip.map { ($0, Int(UInt16(bigEndian: v6.sin6_port))) }
        default:
            return nil
        }
    }
}
