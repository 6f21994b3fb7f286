package import Authority
package import Core
package import Logging
package import NIOCore
internal import NIOPosix

/// The proxy listener: accepts connections and spreads them over the event loops.
package final class ProxyServer: Sendable {
    private let services: Services
    private let executors: [LoopExecutor]
    private let group: any EventLoopGroup
    private let connections = ConnectionCount()

    /// A listener that is not bound yet; `loops` are the event loops in the order of their lanes.
    package init(
        exchange: Exchange, authority: LocalAuthority, group: any EventLoopGroup, loops: [any EventLoop],
        limits: Limits = Limits(), logger: Logger
    ) {
        self.group = group
        executors = loops.enumerated().map { LoopExecutor(loop: $1, lane: $0) }
        services = Services(
            exchange: exchange, authority: authority, limits: limits, logger: logger, executors: executors)
    }

    /// Binds; answers the listening channel. What comes to a listener with an `owner` is that run's, without a secret.
    package func start(host: String, port: Int, owner: String? = nil) async throws -> any Channel {
        services.startSweeping()
        let (services, executors, connections) = (services, executors, connections)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A request comes in one piece; asking for another costs a system call that finds nothing.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let executor = executors.first(where: { $0.loop === channel.eventLoop }) else {
                        throw Refusal.overloaded
                    }
                    let isOneTooMany = connections.enter() > services.limits.connections
                    channel.closeFuture.whenComplete { _ in connections.leave() }
                    let hasRoom = !isOneTooMany || services.sweeper(for: executor).endIdlest()
                    try channel.pipeline.syncOperations.addHandler(
                        Connection(services: services, executor: executor, owner: owner, refuses: !hasRoom))
                }
            }
            .bind(host: host, port: port).get()
    }

    /// From now on connections end with their present answer.
    package func drain() { services.draining.begin() }

    package var connectionCount: Int { connections.count }
}

/// Counts open connections, so that a flood can't take every descriptor.
final class ConnectionCount: Sendable {
    private let open = Guarded(0)

    var count: Int { open.withLockedValue { $0 } }

    /// Answers how many there are with this one.
    func enter() -> Int {
        open.withLockedValue { open in
            open += 1
            return open
        }
    }

    func leave() { open.withLockedValue { $0 -= 1 } }
}
