internal import Core
internal import Foundation

extension Listen {
    /// As many as there are cores, at most four.
    static var defaultThreads: Int { max(1, min(4, usableCores)) }

    /// The cores that this process may run on: containers and `taskset` leave fewer than the machine has.
    private static var usableCores: Int {
        let all = ProcessInfo.processInfo.activeProcessorCount
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return all }
        let mask = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }?.dropFirst(13)
        let count = mask?.compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount } ?? 0
        return count > 0 ? count : all
    }

    mutating func read(_ value: Value) {
        guard let table = value.table(.listen) else { return }
        table.read("allow_remote", into: &allowRemote) { $0.flag() }
        let remote = allowRemote
        table.read("proxy", into: &proxy) { $0.listener(remoteAllowed: remote) }
        table.read("admin", into: &admin) { $0.listener(remoteAllowed: remote) }
        table.read("probes", into: &probes) { $0.listeningAddress() }
        table.read("threads", into: &threads) { $0.whole(1...64, "a number of threads from 1 to 64") }
        table.read("drain", into: &drain) { $0.span(.seconds(0) ... .seconds(600)) }
        refuseOneForTwo(table)
    }

    private func refuseOneForTwo(_ table: Table) {
        if proxy == admin, proxy.port != 0 {
            (table["admin"] ?? table.value).fail("proxy and admin can't both listen on \(admin)")
        }
        if let probes, probes.port != 0, probes == proxy || probes == admin {
            (table["probes"] ?? table.value).fail("another listener has \(probes) already")
        }
    }

    /// Names by which a request may mean ourselves.
    var ownAuthorities: Set<String> {
        var names: Set<String> = []
        for address in [proxy, admin] + (probes.map { [$0] } ?? []) {
            names.insert(address.description)
            guard address.isLoopback else { continue }
            for host in ["127.0.0.1", "localhost", "::1"] { names.insert(HostPort(host, address.port).description) }
        }
        return names
    }
}

extension Value {
    fileprivate func listeningAddress() -> HostPort? {
        let what = "an address to listen on such as 127.0.0.1:4700 or [::1]:4700"
        guard let address = hostPort(what) else { return nil }
        return address.address != nil || address.host == "localhost" ? address : expected(what)
    }

    /// Secrets cross these listeners in the clear, so they stay on this machine.
    fileprivate func listener(remoteAllowed: Bool) -> HostPort? {
        guard let address = listeningAddress() else { return nil }
        if address.isLoopback { return address }
        let reason =
            remoteAllowed
            ? "needs TLS on the listener, which is not supported yet"
            : "can be reached from other machines, and that needs allow_remote: true and TLS, which is not supported yet"
        fail("\(address) \(reason); listen on 127.0.0.1")
        return nil
    }
}
