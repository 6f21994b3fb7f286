import Foundation
import Harness
import Loopback
import Testing

/// A socket on an address and port of this machine; whoever comes there has gone astray.
private final class Trap: Sendable {
    private let socket: Int32

    init(_ address: String, port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = inet_addr(address)
        place.sin_port = in_port_t(UInt16(port).bigEndian)
        let bound = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(socket, 512) == 0
            }
        }
        guard bound else { throw Machine.Missing(description: "\(address):\(port) can't be had") }
    }

    /// How many connections came since the last look.
    var caught: Int {
        var count = 0
        while case let connection = accept(socket, nil, nil), connection >= 0 {
            close(connection)
            count += 1
        }
        return count
    }

    deinit { close(socket) }
}

extension `End to end` {
    /// The resolver is real, and asks a name server that says something else each time.
    @Suite struct `A name that leads elsewhere from one lookup to the next` {
        private static let server = "127.41.0.53"

        /// Nothing of this may be dialled for a vendor with a public name.
        private static let forbidden = [
            "127.41.0.2", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
            "::1", "fe80::1", "fd00:ec2::254", "::ffff:127.41.0.2", "64:ff9b::7f29:2", "2002:7f29:2::1", "::127.41.0.2",
        ]

        /// One vendor for each forbidden address, one whose name changes, and tunnels to names that change.
        private func play(_ body: (Stage, SandboxVendor, Trap) async throws -> Void) async throws {
            try await Apart.need()
            let vendor = try await SandboxVendor.start(
                hosts: Self.vendors.map { $0 + ".rebind.test" }, address: Self.allowed, port: 443)
            let trap = try Trap(Self.forbidden[0], port: 443)
            try await Stage.play { stage in
                let folder = stage.sidecar.folder
                try addVendors(to: stage, try folder.write(vendor.certificatePEM, to: "roots.pem"))
                let names = try folder.write(Self.names, to: "names")
                let server = try Child(
                    try Machine.python(), [Machine.script("dns.py"), Self.server, names], in: folder)
                defer { server.send(SIGKILL) }
                try await server.says("ready")
                await stage.sidecar.stop()
                try await stage.sidecar.start(behind: try resolver(folder))
                try await body(stage, vendor, trap)
                #expect(trap.caught == 0, "\(server.said)")
            }
            await vendor.stop()
        }

        private static let allowed = "127.41.0.1"

        private static var vendors: [String] { ["flip", "both"] + forbidden.indices.map { "v\($0)" } }

        private static var names: String {
            let (good, bad) = (allowed, forbidden[0])
            let turns = [
                "flip.rebind.test \(good) \(bad)", "both.rebind.test \(bad),\(good) \(good),\(bad)",
                "tunnel.rebind.test \(good) \(bad) \(bad),\(good) \(good),\(bad)",
            ]
            return (turns + forbidden.enumerated().map { "v\($0).rebind.test \($1)" }).map { $0 + "\n" }.joined()
        }

        private func addVendors(to stage: Stage, _ roots: String) throws {
            let file = stage.sidecar.config
            let vendors = Self.vendors.map { name in
                let exception = name.hasPrefix("v") ? "" : ", allow_addresses: [\"\(Self.allowed):443\"]"
                return "  \(name): { hosts: [\(name).rebind.test], credential: { env: ACME_KEY }, "
                    + "ca_file: \(roots)\(exception) }\n"
            }
            let policies = Self.vendors.map {
                "  - { name: \($0), runs: \"*\", vendor: \($0), allowed_endpoints: [\"/*\"] }\n"
            }
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let egress =
                "egress: { tunnel: [\"tunnel.rebind.test:443\"], allow_addresses: [\"\(Self.allowed):443\"] }\n"
            let more = vendors.joined() + "\npolicies:\n" + policies.joined()
            try (text.replacing("policies:\n", with: more) + egress)
                .write(toFile: file, atomically: true, encoding: .utf8)
        }

        /// What begins behind these words asks our name server.
        private func resolver(_ folder: Folder) throws -> [String] {
            let own = try folder.write("nameserver \(Self.server)\noptions timeout:5 attempts:3\n", to: "resolv.conf")
            let order = try folder.write("hosts: files dns\n", to: "nsswitch.conf")
            for file in [own, order] { chmod(file, 0o644) }
            return Apart.after(
                """
                mount --bind '\(own)' /etc/resolv.conf
                if [ -e /etc/nsswitch.conf ]; then mount --bind '\(order)' /etc/nsswitch.conf; fi
                """)
        }

        private func ask(_ stage: Stage, _ secret: String, _ vendor: String) async throws -> String {
            let answer = try await Wire.ask(
                stage.sidecar.proxyPort, "GET", "/\(vendor)/_test/status/200?field=Connection:close",
                ["Authorization: Bearer \(secret)"])
            return answer.status == 200 ? "200" : answer.json["code"].text ?? "\(answer)"
        }

        @Test func `is not dialled where it must not lead, whatever it has led to before`() async throws {
            try await play { stage, vendor, trap in
                let secret = try await stage.sidecar.register("agent-1")
                for (index, address) in Self.forbidden.enumerated() {
                    let code = try await ask(stage, secret, "v\(index)")
                    #expect(code == "origin_address_refused", "\(address)")
                }
                #expect(vendor.requests.isEmpty && trap.caught == 0)
                var codes: [String] = []
                for _ in 0..<20 { codes.append(try await ask(stage, secret, "flip")) }
                #expect(Set(codes).isSubset(of: ["200", "origin_address_refused"]), "\(codes)")
                #expect(vendor.requests.count == codes.filter { $0 == "200" }.count)
                for _ in 0..<6 { #expect(try await ask(stage, secret, "both") == "200") }
            }
        }

        @Test func `opens no tunnel to where it must not lead`() async throws {
            try await play { stage, _, trap in
                let secret = try await stage.sidecar.register("agent-1")
                let login = Data("agent-1:\(secret)".utf8).base64EncodedString()
                var lines: [String] = []
                for _ in 0..<16 {
                    let wire = try await RawWire.connect(stage.sidecar.proxyPort)
                    let name = "tunnel.rebind.test:443"
                    let head =
                        "CONNECT \(name) HTTP/1.1\r\nHost: \(name)\r\nProxy-Authorization: Basic \(login)\r\n\r\n"
                    await wire.send(Array(head.utf8))
                    lines.append(await wire.hear { $0.text.contains("\r\n\r\n") }.text)
                    await wire.close()
                }
                // One lookup of four leads nowhere that is allowed; each tunnel looks up anew.
                #expect(lines.filter { $0.hasPrefix("HTTP/1.1 200") }.count == 12, "\(lines)")
                #expect(lines.filter { $0.contains("origin_address_refused") }.count == 4, "\(lines)")
                #expect(trap.caught == 0)
            }
        }
    }
}
