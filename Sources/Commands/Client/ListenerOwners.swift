internal import Foundation

/// Whose sockets a connection on this machine ends at. Anybody, an agent too, can take the port that a stopped sidecar
/// left, and what a command sends first is its token.
enum ListenerOwners {
    /// The users' numbers for a connection to `port` from our `own` one; empty where that can't be known: another machine,
    /// or no /proc.
    static func find(port: Int, own: Int, tables: [String] = tables) -> Set<uid_t> {
        Set(tables.flatMap { $0.split(separator: "\n").dropFirst() }.compactMap { owner($0, port, own) })
    }

    /// A line is `sl local remote state queues timer retransmissions uid …`; addresses are `HEX:PORT`, 0A is listening.
    private static func owner(_ line: Substring, _ port: Int, _ own: Int) -> uid_t? {
        let fields = line.split(separator: " ")
        guard fields.count > 7, Self.port(fields[1]) == port else { return nil }
        // Also the accepted socket: a listener may be closed by the time that we look.
        return fields[3] == "0A" || Self.port(fields[2]) == own ? uid_t(fields[7]) : nil
    }

    private static func port(_ address: Substring) -> Int? {
        address.split(separator: ":").last.flatMap { Int($0, radix: 16) }
    }

    /// Of our network namespace.
    private static var tables: [String] {
        ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { path in
            // A file of /proc tells no size.
            guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return nil }
            return String(decoding: data, as: UTF8.self)
        }
    }
}
