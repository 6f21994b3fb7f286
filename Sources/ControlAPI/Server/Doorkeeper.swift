internal import Core
internal import NIOCore
internal import NIOHTTP1

/// Stands behind a connection's HTTP decoder: what can't be read, or does not come, is answered in the API's own shape,
/// and a request gets in when the answer before it has gone out.
///
/// `@unchecked Sendable`: it is touched on its event loop only.
final class Doorkeeper: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let crowd: Crowd
    private let limits: ConnectionLimits
    private var timer: Scheduled<Void>?
    /// The request that was let in.
    private var visit: Visit?
    private var queue = WaitingRoom()
    private var taking = Taking()
    private var isOver = false

    private struct Visit {
        /// All of it was read.
        var isWhole = false
        /// All of its answer has gone to the system.
        var isAnswered = false
    }

    init(_ crowd: Crowd, _ limits: ConnectionLimits) { (self.crowd, self.limits) = (crowd, limits) }

    func handlerAdded(context: ChannelHandlerContext) {
        crowd.enter(context.channel)
        wait(limits.headSeconds, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave(context) }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context)
        context.fireChannelInactive()
    }

    private func leave(_ context: ChannelHandlerContext) {
        timer?.cancel()
        taking.timer?.cancel()
        queue = WaitingRoom()
        isOver = true
        crowd.leave(context.channel)
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let part = unwrapInboundIn(data)
        guard isClosed else { return letIn(part, context) }
        if !queue.take(part) { end(context) }
    }

    /// Nobody gets in: the answer to the last of them is still going out.
    private var isClosed: Bool { visit?.isWhole == true || !queue.isEmpty }

    private func letIn(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head:
            visit = Visit()
            wait(limits.contentSeconds, context)
        case .body: break
        case .end:
            timer?.cancel()
            visit?.isWhole = true
            crowd.set(context.channel, busy: true)
        }
        context.fireChannelRead(wrapInboundOut(part))
        if case .end = part { goOn(context) }
    }

    /// Lets the next one in when the last is done with.
    private func goOn(_ context: ChannelHandlerContext) {
        guard let last = visit, last.isWhole, last.isAnswered else { return }
        visit = nil
        crowd.set(context.channel, busy: false)
        let hadParts = !queue.isEmpty
        while visit?.isWhole != true, !isOver, let part = queue.next() { letIn(part, context) }
        if hadParts { context.fireChannelReadComplete() }
        guard !isClosed else { return }
        let waited = queue
        queue = WaitingRoom()
        if waited.inputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        if waited.readHeld { context.read() }
    }

    /// What is not read stays with the client, whose sending comes to a halt.
    func read(context: ChannelHandlerContext) {
        if isClosed { queue.readHeld = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent, !queue.isEmpty {
            queue.inputEnded = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        var ends = false
        switch part {
        case .head(let head): taking.isStream = head.headers.first(name: "content-type") == "text/event-stream"
        case .body: break
        case .end: ends = true
        }
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenComplete { _ in self.taken(ends, context) }
        taking.waiting += 1
        context.write(data, promise: written)
        watch(context)
    }

    private func taken(_ ends: Bool, _ context: ChannelHandlerContext) {
        taking.waiting -= 1
        taking.progress += 1
        guard ends, !isOver else { return }
        visit?.isAnswered = true
        // Those behind us may be in the middle of this very write.
        context.eventLoop.assumeIsolated().execute { if !self.isOver { self.goOn(context) } }
    }

    /// Looks now and then whether the client takes anything of what is there for it.
    private func watch(_ context: ChannelHandlerContext) {
        guard taking.timer == nil, taking.waiting > 0, !isOver else { return }
        let before = (taking.progress, left(context))
        let seconds = limits.answerSeconds * (crowd.trusts(context.channel) ? limits.patience : 1)
        taking.timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) {
            self.taking.timer = nil
            let isStuck = self.taking.waiting > 0 && before == (self.taking.progress, self.left(context))
            if isStuck, !self.taking.isStream { self.end(context) } else { self.watch(context) }
        }
    }

    /// Bytes that wait to go out.
    private func left(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    // MARK: What can't be answered

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // In the middle of an answer there is nothing to say; the server closes.
        guard error is HTTPParserError, visit == nil, !isOver else { return context.fireErrorCaught(error) }
        refuse(.malformed("The request can't be read as HTTP/1.1, or its head is too large."), context)
    }

    private func wait(_ seconds: Int64, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) { self.overdue(context) }
    }

    private func overdue(_ context: ChannelHandlerContext) {
        // A call that waits for its content can't be answered from here.
        if visit == nil { refuse(.requestTimeout, context) } else { end(context) }
    }

    private func end(_ context: ChannelHandlerContext) {
        isOver = true
        context.close(promise: nil)
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
