internal import Core
internal import Logging
internal import NIOCore
internal import NIOPosix

/// A tunnel of undecrypted bytes to a listed host, at an address that was checked.
///
/// `@unchecked Sendable`: everything but `open`'s resolution happens on the client's event loop.
final class BlindTunnel: @unchecked Sendable {
    private let services: Services
    private let pass: TunnelPass
    private let client: any Channel
    private var sent: Int64 = 0
    private var received: Int64 = 0
    private var over = false

    init(services: Services, pass: TunnelPass, client: any Channel) {
        (self.services, self.pass, self.client) = (services, pass, client)
    }

    /// Resolves, checks, connects and joins both sides. `done` gets the refusal, or nil, and gives what the client has
    /// sent by then.
    func open(_ done: @escaping (Refusal?) -> ByteBuffer) {
        let done = NIOLoopBound(done, eventLoop: client.eventLoop)
        resolve().flatMap { self.connect($0[...]) }.hop(to: client.eventLoop).whenComplete { result in
            switch result {
            case .success(let origin):
                self.join(origin, done.value)
            case .failure(let error):
                self.fail(error as? Refusal ?? .originUnreachable, done.value)
            }
        }
    }

    /// The name's addresses that may be dialled.
    private func resolve() -> EventLoopFuture<[SocketAddress]> {
        let pass = pass
        return NIOThreadPool.singleton.runIfActive(eventLoop: client.eventLoop) {
            let all = try Resolution.addresses(pass.host, pass.port)
            let allowed = all.filter { Resolution.mayDial($0, pass.dial) }
            guard !allowed.isEmpty else { throw Refusal.originAddressRefused }
            return allowed
        }
    }

    private func connect(_ addresses: ArraySlice<SocketAddress>) -> EventLoopFuture<any Channel> {
        guard let first = addresses.first else { return client.eventLoop.makeFailedFuture(Refusal.originUnreachable) }
        let bootstrap = ClientBootstrap(group: client.eventLoop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
        return bootstrap.connect(to: first).flatMapError { _ in self.connect(addresses.dropFirst()) }
    }

    private func fail(_ refusal: Refusal, _ done: (Refusal?) -> ByteBuffer) {
        over = true
        services.exchange.tunnelEnded(pass, sent: 0, received: 0, failure: refusal.code)
        _ = done(refusal)
    }

    private func join(_ origin: any Channel, _ done: (Refusal?) -> ByteBuffer) {
        let ticket = services.exchange.sidecar.inFlight.enter(entry(origin))
        // Looking up and connecting took a while. A revocation in it is seen here, a later one finds the entry.
        if let refusal = services.exchange.fallen(pass) {
            services.exchange.sidecar.inFlight.leave(ticket)
            origin.close(promise: nil)
            return fail(refusal, done)
        }
        let early = done(nil)
        origin.closeFuture.whenComplete { _ in
            self.services.exchange.sidecar.inFlight.leave(ticket)
            self.finish()
        }
        guard client.isActive else { return origin.close(promise: nil) }
        do {
            let old = try client.pipeline.syncOperations.handler(type: Connection.self)
            try client.pipeline.syncOperations.addHandlers(
                [IdleStateHandler(allTimeout: .seconds(services.limits.idleSeconds)), IdleEnd()])
            try client.pipeline.syncOperations.addHandler(Pipe(to: origin) { self.sent += Int64($0) })
            try origin.pipeline.syncOperations.addHandler(Pipe(to: client) { self.received += Int64($0) })
            client.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"), promise: nil)
            sent += Int64(early.readableBytes)
            if early.readableBytes > 0 { origin.writeAndFlush(early, promise: nil) }
            client.pipeline.syncOperations.removeHandler(old, promise: nil)
            // From now on each side is read only when the other has taken what came before.
            try client.syncOptions?.setOption(.autoRead, value: false)
            client.read()
            origin.read()
        } catch {
            origin.close(promise: nil)
            client.close(promise: nil)
        }
    }

    private func entry(_ origin: any Channel) -> InFlight.Entry {
        let client = client
        return InFlight.Entry(pass.subject, keyIDs: []) { _ in
            origin.close(promise: nil)
            client.close(promise: nil)
        }
    }

    private func finish() {
        guard !over else { return }
        over = true
        services.exchange.tunnelEnded(pass, sent: sent, received: received, failure: nil)
    }
}

/// Copies one side's bytes to the other; reads again only when they were written (back-pressure).
final class Pipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let peer: any Channel
    private let count: (Int) -> Void

    init(to peer: any Channel, _ count: @escaping (Int) -> Void) { (self.peer, self.count) = (peer, count) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        count(buffer.readableBytes)
        let channel = context.channel
        peer.writeAndFlush(buffer).whenComplete { result in
            if case .failure = result { channel.close(promise: nil) } else { channel.read() }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Behind what was written before: closing at once would throw that away.
        let peer = peer
        peer.writeAndFlush(ByteBuffer()).whenComplete { _ in peer.close(promise: nil) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Ends a tunnel through which nothing came for long, either way.
private final class IdleEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
