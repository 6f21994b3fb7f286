internal import Authority
internal import Core
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOSSL

/// What every connection needs.
final class Services: Sendable {
    let exchange: Exchange
    let limits: Limits
    let logger: Logger
    let draining = Draining()
    private let authority: LocalAuthority
    private let sweepers: [Sweeper]
    private let isSweeping = NIOLockedValueBox(false)

    init(exchange: Exchange, authority: LocalAuthority, limits: Limits, logger: Logger, executors: [LoopExecutor]) {
        (self.exchange, self.authority, self.limits, self.logger) = (exchange, authority, limits, logger)
        sweepers = executors.map { Sweeper(loop: $0.loop) }
    }

    func sweeper(for executor: LoopExecutor) -> Sweeper { sweepers[executor.lane] }

    /// Once, however many listeners there are.
    func startSweeping() {
        let isFirst = isSweeping.withLockedValue { sweeping in
            defer { sweeping = true }
            return !sweeping
        }
        if isFirst { for sweeper in sweepers { sweeper.start() } }
    }

    /// The TLS server for a name that was checked against the configured vendors and virtual hosts.
    func tls(_ host: String) throws -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: try authority.leaf(for: host))
    }

    func count(_ refusal: Refusal) { exchange.sidecar.activity.refused(refusal.code, run: nil) }
}

/// Whether the sidecar is shutting down: connections end after the present answer.
final class Draining: Sendable {
    private let flag = NIOLockedValueBox(false)

    var isDraining: Bool { flag.withLockedValue { $0 } }

    func begin() { flag.withLockedValue { $0 = true } }
}

/// Looks at a loop's connections once a second; cheaper than timers that are set and cancelled for each request.
///
/// `@unchecked Sendable`: `connections` is touched on `loop` only.
final class Sweeper: @unchecked Sendable {
    private let loop: any EventLoop
    /// Each knows its place.
    private var connections: [Connection] = []

    init(loop: any EventLoop) { self.loop = loop }

    func add(_ connection: Connection) {
        connection.place = connections.count
        connections.append(connection)
    }

    func remove(_ connection: Connection) {
        guard let last = connections.popLast(), last !== connection else { return }
        connections[connection.place] = last
        last.place = connection.place
    }

    func start() {
        loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            let now = NIODeadline.now()
            // Ending one takes it out.
            for connection in Array(self.connections) { connection.sweep(now) }
        }
    }

    /// Ends the connection that was idle for longest, of some; answers whether there was one. Whoever holds most of the
    /// connections loses most of them.
    func endIdlest() -> Bool {
        let some = connections.count <= Self.sample ? connections[...] : drawn()
        let idlest = some.filter { $0.idleSince != nil }
            .min { ($0.idleSince ?? .distantFuture) < ($1.idleSince ?? .distantFuture) }
        idlest?.end()
        return idlest != nil
    }

    private func drawn() -> ArraySlice<Connection> {
        (0..<Self.sample).map { _ in connections[Int.random(in: connections.indices)] }[...]
    }

    private static let sample = 32
}
