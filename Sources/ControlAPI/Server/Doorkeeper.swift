internal import Core
internal import NIOCore
internal import NIOHTTP1

/// How much of a listener strangers may take: an agent can reach it too, and must not keep the operator out.
package struct ConnectionLimits: Sendable {
    /// Connections at once.
    package var connections = 256
    /// Seconds from the connection to the end of its first head.
    package var headSeconds: Int64 = 10
    /// Seconds from a head to the end of its content.
    package var contentSeconds: Int64 = 30

    package init() {}
}

/// Stands behind a connection's HTTP decoder: what can't be read, or does not come, is answered in the API's own shape.
///
/// `@unchecked Sendable`: it is touched on its event loop only.
final class Doorkeeper: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let crowd: Crowd
    private let limits: ConnectionLimits
    private var timer: Scheduled<Void>?
    /// Requests without their answer's end.
    private var unanswered = 0
    private var isOver = false

    init(_ crowd: Crowd, _ limits: ConnectionLimits) { (self.crowd, self.limits) = (crowd, limits) }

    func handlerAdded(context: ChannelHandlerContext) {
        crowd.enter(context.channel)
        wait(limits.headSeconds, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        crowd.leave(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        crowd.leave(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            wait(limits.contentSeconds, context)
        case .body: break
        case .end:
            timer?.cancel()
            crowd.set(context.channel, busy: true)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered -= 1
            if unanswered == 0 { crowd.set(context.channel, busy: false) }
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // In the middle of an answer there is nothing to say; the server closes.
        guard error is HTTPParserError, unanswered == 0, !isOver else { return context.fireErrorCaught(error) }
        refuse(.malformed("The request can't be read as HTTP/1.1, or its head is too large."), context)
    }

    private func wait(_ seconds: Int64, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) { self.overdue(context) }
    }

    private func overdue(_ context: ChannelHandlerContext) {
        // A call that waits for its content can't be answered from here.
        if unanswered == 0 { refuse(.requestTimeout, context) } else { context.close(promise: nil) }
    }

    private func refuse(_ problem: APIProblem, _ context: ChannelHandlerContext) {
        isOver = true
        timer?.cancel()
        let answer = problem.answer
        guard case .whole(let content) = answer.content else { return }
        let fields = HTTPHeaders([
            ("Content-Type", answer.contentType), ("Content-Length", "\(content.count)"), ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ])
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: content)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(mode: .output, promise: nil)
        // Closing at once could reset the connection before the client has read the answer.
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { context.close(promise: nil) }
    }
}

/// Puts the doorkeeper behind the decoder; Hummingbird's own handlers go further behind, where its types begin.
final class DoorkeeperSetup: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let doorkeeper: Doorkeeper

    init(_ doorkeeper: Doorkeeper) { self.doorkeeper = doorkeeper }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(doorkeeper, position: .after(decoder))
        } catch {
            // Without a doorkeeper nobody gets in.
            context.close(promise: nil)
        }
    }
}
