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
        runs = table["runs"]?.list()?.compactMap { $0.runListener() } ?? []
        table.read("threads", into: &threads) { $0.whole(1...64, "a number of threads from 1 to 64") }
        table.read("drain", into: &drain) { $0.span(.seconds(0) ... .seconds(600)) }
        table.read("max_connections", into: &limits.connections) { $0.whole(8...1_000_000, "a number from 8 on") }
        table.read("max_requests", into: &limits.requests) { $0.whole(4...1_000_000, "a number from 4 on") }
        table.read("max_requests_per_run", into: &limits.requestsPerRun) {
            $0.whole(1...1_000_000, "a number from 1 on")
        }
        refuseOneForTwo(table)
        refuseTwiceForRuns(table)
    }

    private func refuseTwiceForRuns(_ table: Table) {
        var taken = [proxy, admin] + (probes.map { [$0] } ?? [])
        for listener in runs where listener.address.port != 0 {
            if taken.contains(listener.address) {
                (table["runs"] ?? table.value).fail("another listener has \(listener.address) already")
            }
            taken.append(listener.address)
        }
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
        for address in [proxy, admin] + (probes.map { [$0] } ?? []) + runs.map(\.address) {
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

    /// `{ address: 127.0.0.1:4710, run: billing-7 }`
    fileprivate func runListener() -> RunListener? {
        guard let table = table(.runListener) else { return nil }
        let address = table.required("address").flatMap { $0.ownListener() }
        let run = table.required("run").flatMap { $0.runID() }
        guard let address, let run else { return nil }
        return RunListener(address: address, run: run)
    }

    /// Whoever reaches it is the run, so it is on this machine whatever else is allowed.
    private func ownListener() -> HostPort? {
        guard let address = listeningAddress() else { return nil }
        if address.isLoopback { return address }
        fail(
            "\(address) can be reached from other machines, and a run's own listener asks for no secret; use 127.0.0.1")
        return nil
    }

    private func runID() -> String? {
        guard let text = scalar, RunID.isValid(Array(text.utf8)) else {
            return expected("a run's ID: letters, digits and . _ : -, at most 128")
        }
        return text
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
