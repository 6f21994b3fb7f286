internal import Core
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A client's connection: takes requests out of its bytes, one after another, and has each one exchanged.
///
/// One long file on purpose: every method here turns on `phase`, which nobody else may see or set.
///
/// `@unchecked Sendable`: it is touched on its event loop only; its tasks run there too (`LoopExecutor`).
final class Connection: ChannelDuplexHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case idle
        case connecting
        case serving(Served)
        /// Answered before its content was here, which is thrown away.
        case draining(Served)
        /// The last answer was given; what still comes is thrown away until the client has read it.
        case lingering
        case gone
    }

    let services: Services
    let executor: LoopExecutor
    /// The run that the listener belongs to; nil on the listener for all.
    private let owner: String?
    /// There are too many connections: it is told so, and ends.
    private let refuses: Bool
    private(set) var inbox = Inbox()
    /// After the present answer the connection ends.
    var willClose = false
    private(set) var contentTimedOut = false
    private var phase = Phase.idle
    private var way = Arrival.Way.listener
    /// What the client hello in the tunnel named, in lower case.
    private var serverName: String?
    private var task: Task<Void, Never>?
    private var context: ChannelHandlerContext?
    private var outbox = ByteBuffer()
    private var flushScheduled = false
    private var readHeld = false
    private var lingered = 0
    private var deadline: NIODeadline
    private var touchedAt = NIODeadline.now()
    private var headStarted = false

    /// Where it is among those of its loop.
    var place = 0

    init(services: Services, executor: LoopExecutor, owner: String? = nil, refuses: Bool = false) {
        (self.services, self.executor, self.owner) = (services, executor, owner)
        self.refuses = refuses
        deadline = .now() + .seconds(services.limits.headSeconds)
    }

    var isGone: Bool { if case .gone = phase { true } else { false } }

    /// Also when it is gone: a writer that waited then would wait for ever (a failing write closes us before it returns).
    var isWritable: Bool { isGone || context?.channel.isWritable ?? true }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        services.sweeper(for: executor).add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        services.sweeper(for: executor).remove(self)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if refuses { refuseAll(.overloaded) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        switch phase {
        case .gone: return
        case .lingering: discard(buffer.readableBytes)
        case .idle, .connecting, .serving, .draining:
            inbox.append(buffer.readableBytesView)
            // A head has one deadline from its first byte on: what drips in does not move it.
            if !headStarted { touch(services.limits.contentSeconds) }
            advance()
        }
    }

    /// Reading stops while enough is waiting: the client is made to wait, not our memory.
    func read(context: ChannelHandlerContext) {
        if inbox.count >= services.limits.inboxBytes { readHeld = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, case .serving(let served) = phase { served.wakeWriter() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        services.logger.debug("connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    private func leave() {
        let served: Served? = if case .serving(let served) = phase { served } else { nil }
        phase = .gone
        task?.cancel()
        served?.wakeReader()
        served?.wakeWriter()
    }

    // MARK: Requests

    private func advance() {
        switch phase {
        case .idle: takeHead()
        case .serving(let served): served.wakeReader()
        case .draining(let served): drain(served)
        case .connecting, .lingering, .gone: break
        }
    }

    private func takeHead() {
        guard !inbox.isEmpty else { return }
        do throws(Refusal) {
            guard let bytes = try inbox.head() else {
                if inbox.count > HeadParser.headLimit { throw .headTooLarge }
                return startHead()
            }
            guard bytes.count <= HeadParser.headLimit else { throw .headTooLarge }
            headStarted = false
            let head = try HeadParser.parse(bytes)
            inbox.take(bytes.count)
            start(head)
        } catch {
            refuseAll(error)
        }
    }

    private func startHead() {
        guard !headStarted else { return }
        headStarted = true
        touch(services.limits.headSeconds)
    }

    private func start(_ head: RequestHead) {
        if head.method == .connect {
            // There is no way further inside: the tunnel's host is its credential's.
            guard case .listener = way else { return refuseAll(.methodNotAllowed) }
            return connect(head)
        }
        if case .tunnel(let host, _, _) = way, let serverName, serverName != host {
            return refuseAll(.authorityMismatch("the TLS server name is not the tunnel's host"))
        }
        guard let context else { return }
        let served = Served(head, on: self, loop: context.eventLoop)
        phase = .serving(served)
        touch(services.limits.contentSeconds)
        // A client that writes head and content apart waits for our ACK of the head: say it at once.
        if head.framing != .none, inbox.isEmpty { QuickACK.set(context.channel) }
        let arrival = Arrival(head: head, way: way, lane: executor.lane, owner: owner)
        let exchange = services.exchange
        task = Task(executorPreference: executor) { [self] in
            await exchange.answer(arrival, served)
            finished(served)
        }
    }

    private func finished(_ served: Served) {
        guard case .serving = phase else { return }
        task = nil
        guard served.ended else { return abort() }
        if willClose { return lingerThenClose() }
        drain(served)
    }

    /// Reads off content that nobody wanted; many clients send it behind the head, and get a refusal before.
    private func drain(_ served: Served) {
        guard served.drain(limit: services.limits.drainBytes) else {
            guard served.isLittle(limit: services.limits.drainBytes) else { return lingerThenClose() }
            if case .draining = phase { return }
            phase = .draining(served)
            return touch(services.limits.contentSeconds)
        }
        phase = .idle
        touch(services.limits.idleSeconds)
        resumeReading()
        takeHead()
    }

    /// Whether this is the connection's last request, whatever becomes of its content.
    func mustClose(_ served: Served) -> Bool { willClose || !served.request.keepAlive || services.draining.isDraining }

    /// The same for a refusal: content that nobody wants is read off, if it is little.
    func closesAfter(_ served: Served) -> Bool {
        let limit = services.limits.drainBytes
        return mustClose(served) || !(served.drain(limit: limit) || served.isLittle(limit: limit))
    }

    /// Answers what could not even be read as a request; nothing after it can be trusted.
    private func refuseAll(_ refusal: Refusal) {
        services.count(refusal)
        let answer = Answers.answer(refusal, RefusalContext(requestID: nil, target: nil, identified: false))
        buffer {
            HeadWriter.write(answer.head, close: true, into: &$0); $0.writeBytes(answer.content)
        }
        flushNow()
        lingerThenClose()
    }

    // MARK: CONNECT

    private func connect(_ head: RequestHead) {
        phase = .connecting
        let (exchange, owner) = (services.exchange, owner)
        task = Task(executorPreference: executor) { [self] in
            do throws(Refusal) { opened(try await exchange.connect(head, owner: owner)) } catch {
                refuseConnect(error, head)
            }
        }
    }

    private func opened(_ verdict: ConnectVerdict) {
        guard case .connecting = phase, let context else { return }
        guard enterTunnel(verdict, context) else {
            if case .tunnel(let pass) = verdict {
                services.exchange.tunnelEnded(pass, sent: 0, received: 0, failure: Refusal.overloaded.code)
            }
            return refuseConnect(.overloaded, nil)
        }
        task = nil
        switch verdict {
        case .gateway:
            writeNow(Self.established)
            phase = .idle
            takeHead()
        case .intercept(let host, let credential, let runID):
            way = .tunnel(host: host, credential, runID: runID)
            intercept(host, context)
        case .tunnel(let pass):
            BlindTunnel(services: services, pass: pass, client: context.channel).open { refusal in
                if let refusal { self.refuseConnect(refusal, nil) }
                return ByteBuffer(bytes: self.inbox.slice)
            }
        }
    }

    /// One run may not have all the tunnels that there can be.
    private func enterTunnel(_ verdict: ConnectVerdict, _ context: ChannelHandlerContext) -> Bool {
        guard let opener = verdict.opener else { return true }
        let tunnels = services.exchange.sidecar.tunnels
        do { try tunnels.enter(opener) } catch {
            services.count(error)
            return false
        }
        context.channel.closeFuture.whenComplete { _ in tunnels.leave(opener) }
        return true
    }

    /// TLS goes in front of us; what came behind the CONNECT belongs to its handshake.
    private func intercept(_ host: String, _ context: ChannelHandlerContext) {
        do {
            let tls = try services.tls(host)
            writeNow(Self.established)
            try context.pipeline.syncOperations.addHandler(tls, position: .before(self))
            let reader = nameReader(context.eventLoop)
            try context.pipeline.syncOperations.addHandler(reader, position: .before(tls))
            try context.pipeline.syncOperations.addHandler(HelloGuard(), position: .before(reader))
            let early = ByteBuffer(bytes: inbox.slice)
            inbox.removeAll()
            phase = .idle
            touch(services.limits.headSeconds)
            if early.readableBytes > 0 { context.pipeline.syncOperations.fireChannelRead(NIOAny(early)) }
        } catch {
            services.logger.error("no leaf certificate", metadata: ["host": "\(host)", "error": "\(error)"])
            refuseConnect(.overloaded, nil)
        }
    }

    /// Looks at the client hello on its way to TLS. No name is fine: the CONNECT's binds.
    private func nameReader(_ loop: any EventLoop) -> ByteToMessageHandler<SNIHandler> {
        ByteToMessageHandler(
            SNIHandler { result in
                if case .hostname(let name) = result { self.serverName = name.lowercased() }
                return loop.makeSucceededVoidFuture()
            })
    }

    /// A refused CONNECT shows its reason phrase; after a 407 git and Java try again on the same connection.
    private func refuseConnect(_ refusal: Refusal, _ head: RequestHead?) {
        guard case .connecting = phase else { return }
        task = nil
        let again = refusal == .proxyAuthenticationRequired && head?.keepAlive == true
        let answer = Answers.answer(refusal, RefusalContext(requestID: nil, target: nil, identified: false))
        buffer {
            HeadWriter.write(answer.head, close: !again, into: &$0); $0.writeBytes(answer.content)
        }
        flushNow()
        guard again else { return lingerThenClose() }
        phase = .idle
        touch(services.limits.idleSeconds)
        takeHead()
    }

    private static let established = "HTTP/1.1 200 Connection established\r\n\r\n"

    // MARK: Bytes in and out

    func took(_ count: Int) {
        inbox.take(count)
        resumeReading()
    }

    func wantsContent() { touch(services.limits.contentSeconds) }

    /// From now on the client has to take what waits for it.
    func wantsReader() { touch(services.limits.contentSeconds) }

    /// Content that drips in would hold its place for ever.
    private func isTooSlow(_ now: NIODeadline) -> Bool {
        switch phase {
        case .serving(let served) where served.isReading, .draining(let served):
            served.isTooSlow(now, patience: services.limits.contentSeconds, rate: services.limits.contentRate)
        default: false
        }
    }

    private func resumeReading() {
        guard readHeld, inbox.count < services.limits.inboxBytes else { return }
        readHeld = false
        context?.read()
    }

    /// Collects output; it leaves together at the end of the loop's turn.
    func buffer(_ write: (inout ByteBuffer) -> Void) {
        write(&outbox)
        if outbox.readableBytes >= 64 * 1024 { return flushNow() }
        guard !flushScheduled, let context else { return }
        flushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.flushScheduled = false; self.flushNow()
        }
    }

    func writeNow(_ text: String) {
        outbox.writeString(text)
        flushNow()
    }

    func flushNow() {
        guard outbox.readableBytes > 0, let context else { return }
        let buffer = outbox
        outbox = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Ends the connection so that what was begun can't be taken for a whole answer.
    func abort() {
        flushNow()
        leave()
        context?.close(promise: nil)
    }

    /// The same where only the connection's end says that an answer is whole: it must not end in order.
    func reset() {
        flushNow()
        guard let context else { return }
        if let socket = context.channel as? any SocketOptionProvider {
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        leave()
        // Behind TLS, which would say goodbye before: to the client that is the end of a whole answer.
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? context).close(promise: nil)
    }

    /// Closing at once could reset the connection before the client has read the answer.
    private func lingerThenClose() {
        phase = .lingering
        inbox.removeAll()
        touch(2)
        resumeReading()
        guard let context else { return }
        // Behind everything that was written: closing the output would throw away what waits.
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        let channel = context.channel
        written.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
    }

    private func discard(_ count: Int) {
        lingered += count
        if lingered > 1 << 20 { context?.close(promise: nil) }
    }

    // MARK: Time

    private func touch(_ seconds: Int64) {
        touchedAt = .now()
        deadline = touchedAt + .seconds(seconds)
    }

    /// Since when no request is under way here, but for one whose head drips in; nil while one is.
    var idleSince: NIODeadline? {
        switch phase {
        case .idle, .draining, .lingering: touchedAt
        case .connecting, .serving, .gone: nil
        }
    }

    /// Makes room for another.
    func end() { context?.close(promise: nil) }

    /// Called once a second: ends what has waited too long.
    func sweep(_ now: NIODeadline) {
        guard now >= deadline || isTooSlow(now) else { return }
        switch phase {
        case .serving(let served):
            // The answer has its own timeouts; content that does not come and an answer that nobody takes are ours to end.
            if served.isWriting { return abort() }
            guard served.isReading else { return }
            contentTimedOut = true
            served.wakeReader()
        case .idle where headStarted: refuseAll(.requestTimeout)
        case .idle, .draining, .lingering: context?.close(promise: nil)
        case .connecting, .gone: break
        }
    }
}
