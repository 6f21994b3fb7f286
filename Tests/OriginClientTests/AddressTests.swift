import Core
import Foundation
import Testing

@testable import OriginClient

/// The address that a socket is about to be connected to, and the one that a connection leads to when it is used again.
@Suite struct `A socket's address` {
    private func permits(_ text: String, _ rule: AddressRule) throws -> [Bool] {
        let address = try #require(AddressRange.parse(text))
        return [
            text.contains(":") ? v6(text, rule) : v4(text, rule), peer(text, rule), rule.permits(address, port: 443),
        ]
    }

    private func v4(_ text: String, _ rule: AddressRule) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(443).bigEndian)
        inet_pton(AF_INET, text, &address.sin_addr)
        return permits(&address, rule)
    }

    private func v6(_ text: String, _ rule: AddressRule) -> Bool {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = in_port_t(UInt16(443).bigEndian)
        inet_pton(AF_INET6, text, &address.sin6_addr)
        return permits(&address, rule)
    }

    private func permits<Address>(_ address: inout Address, _ rule: AddressRule, length: Int? = nil) -> Bool {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                rule.permits($0, length: length ?? MemoryLayout<Address>.size)
            }
        }
    }

    private func peer(_ text: String, _ rule: AddressRule) -> Bool {
        text.withCString { rule.permits(Peer($0, port: 443)) }
    }

    @Test(arguments: [
        // This host, and the ways to write it.
        "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
        "::ffff:0.0.0.0",
        // Private networks, carriers' networks.
        "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1",
        "100.127.255.255", "fc00::1", "fd12:3456::1", "::ffff:10.0.0.1", "::ffff:192.168.1.1", "fec0::1",
        // Link-local, and the clouds' metadata services.
        "169.254.0.1", "169.254.169.254", "169.254.170.2", "fe80::1", "fe80::a9fe:a9fe", "fd00:ec2::254",
        "::ffff:169.254.169.254", "100.100.100.200", "192.0.0.192",
        // Others that lead to an IPv4 address: NAT64, 6to4, Teredo.
        "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "2002:7f00:1::",
        "2002:a00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1", "2001::1", "2001:0:7f00:1::",
        // Documentation, benchmarks, multicast, reserved, broadcast.
        "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "2001:db8::1", "3fff::1", "224.0.0.1", "239.1.1.1",
        "240.0.0.1", "255.255.255.255", "ff02::1", "100::1", "5f00::1", "192.88.99.1",
    ])
    func `that is not public is refused`(text: String) throws {
        #expect(try permits(text, AddressRule(Dial())) == [false, false, false])
        var dial = Dial()
        dial.allowAddresses = [AddressRange("203.0.114.0/24"), AddressRange("127.0.0.1:444")].compactMap { $0 }
        #expect(try permits(text, AddressRule(dial)) == [false, false, false], "other exceptions")
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255", "169.255.0.1", "172.15.255.255", "172.32.0.1", "192.167.255.255", "192.169.0.1",
        "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
    ])
    func `that is public is allowed`(text: String) throws {
        #expect(try permits(text, AddressRule(Dial())) == [true, true, true])
    }

    @Test func `of no internet family is refused`() {
        let rule = AddressRule(Dial())
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        #expect(!permits(&local, rule))
        var short = sockaddr_in6()
        short.sin6_family = sa_family_t(AF_INET6)
        #expect(!permits(&short, rule, length: MemoryLayout<sockaddr_in>.size), "shorter than it says")
        #expect(!peer("localhost", rule) && !peer("", rule) && !peer("fe80::1%lo", rule))
    }
}
