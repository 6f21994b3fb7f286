internal import Core
internal import NIOCore

/// One request's client, as the exchange sees it.
///
/// `@unchecked Sendable`: everything is touched on the connection's event loop only; the exchange's task runs there
/// (`LoopExecutor`), and `unblock`, which any thread may call, goes there first.
final class Served: Client, @unchecked Sendable {
    let request: RequestHead
    private weak var connection: Connection?
    private let loop: any EventLoop
    private var decoder: ContentDecoder
    private var contentEnded: Bool
    private var continued = false
    private var reader: CheckedContinuation<Void, Never>?
    private var writer: CheckedContinuation<Void, Never>?
    private var unblocked = false
    private let startedAt = NIODeadline.now()
    /// Bytes of content that came, with their framing.
    private var came: Int64 = 0
    /// The answer's own framing; nil before it began.
    private var framing: Framing?
    private(set) var ended = false

    init(_ request: RequestHead, on connection: Connection, loop: any EventLoop) {
        (self.request, self.connection, self.loop) = (request, connection, loop)
        decoder = ContentDecoder(request.framing)
        contentEnded = request.framing == .none
    }

    /// Whether the client's content was read to its end.
    var isContentRead: Bool { contentEnded }

    /// A client that still waits for `100 Continue` may never send its content.
    var awaitsContinue: Bool { request.expectsContinue && !continued && !contentEnded }

    // MARK: Reading

    func read() async throws(Refusal) -> [UInt8]? {
        loop.assertInEventLoop()
        while true {
            if contentEnded || unblocked { return nil }
            guard let connection, !connection.isGone else { throw .malformedRequest("a client that hung up") }
            if let piece = try take(connection) { return piece }
            if contentEnded { return nil }
            if connection.contentTimedOut { throw .requestTimeout }
            sayContinue(connection)
            connection.wantsContent()
            await withCheckedContinuation { reader = $0 }
        }
    }

    func contentAtHand() -> [UInt8]? {
        guard let connection, case .fixed(let length) = request.framing, connection.inbox.count >= length else {
            return nil
        }
        let content = Array(connection.inbox.slice.prefix(Int(length)))
        connection.took(content.count)
        contentEnded = true
        return content
    }

    func contentAhead() throws(Refusal) -> [UInt8] {
        guard let connection, request.framing == .chunked else { return [] }
        var (decoder, input, content) = (decoder, connection.inbox.slice, [UInt8]())
        while case .content(let piece) = try decoder.next(&input) { content += piece }
        return content
    }

    /// The next piece from what has arrived; nil when more must come, or at the end.
    private func take(_ connection: Connection) throws(Refusal) -> [UInt8]? {
        var input = connection.inbox.slice
        let before = input.count
        let step = try decoder.next(&input)
        var piece: [UInt8]?
        switch step {
        case .wait: break
        case .content(let bytes): piece = Array(bytes)
        case .end: contentEnded = true
        }
        came += Int64(before - input.count)
        connection.took(before - input.count)
        return piece
    }

    /// Reads off what is left of the content, if it is little; answers whether its end was reached.
    func drain(limit: Int64) -> Bool {
        guard !contentEnded else { return true }
        guard let connection, !awaitsContinue else { return false }
        if case .fixed(let length) = request.framing, length > limit { return false }
        while !contentEnded {
            guard let piece = try? take(connection), !piece.isEmpty else { break }
        }
        return contentEnded
    }

    /// Whether what is left of the content is sure to be little and on its way, so that waiting for it is worth while.
    func isLittle(limit: Int64) -> Bool {
        guard case .fixed(let length) = request.framing else { return false }
        return length <= limit && !awaitsContinue && connection?.isGone == false
    }

    private func sayContinue(_ connection: Connection) {
        guard request.expectsContinue, !continued else { return }
        continued = true
        connection.writeNow("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// Whether the content comes in slower than `rate` bytes a second, behind the first `patience` seconds.
    func isTooSlow(_ now: NIODeadline, patience: Int64, rate: Int64) -> Bool {
        (now - startedAt).nanoseconds / 1_000_000_000 > patience + came / rate
    }

    /// Whether an answer waits for its client.
    var isWriting: Bool { writer != nil }

    /// Whether the exchange waits for content.
    var isReading: Bool { reader != nil }

    /// Content has arrived, or never will.
    func wakeReader() {
        reader?.resume()
        reader = nil
    }

    // MARK: Answering

    func interim(_ head: AnswerHead) {
        guard request.readsChunks else { return }
        connection?.buffer { HeadWriter.write(head, close: false, into: &$0) }
    }

    func begin(_ head: AnswerHead) {
        loop.assertInEventLoop()
        var head = head
        if head.framing == .untilClose || head.framing == .chunked {
            head.framing = request.readsChunks ? .chunked : .untilClose
        }
        framing = head.framing
        guard let connection, !ended else { return }
        let close = connection.mustClose(self) || head.framing == .untilClose
        if close { connection.willClose = true }
        connection.buffer { HeadWriter.write(head, close: close, into: &$0) }
    }

    func write(_ bytes: [UInt8]) async {
        loop.assertInEventLoop()
        guard let connection, let framing, !bytes.isEmpty, !ended else { return }
        connection.buffer { buffer in
            if framing == .chunked { HeadWriter.chunk(bytes, into: &buffer) } else { buffer.writeBytes(bytes) }
        }
        guard !connection.isWritable, !unblocked else { return }
        connection.wantsReader()
        await withCheckedContinuation { writer = $0 }
    }

    func end(_ trailers: Fields) {
        guard !ended else { return }
        ended = true
        if framing == .chunked { connection?.buffer { HeadWriter.lastChunk(trailers, into: &$0) } }
        connection?.flushNow()
    }

    func cut(event: String?) {
        guard !ended else { return }
        ended = true
        if let event, framing == .chunked { connection?.buffer { HeadWriter.chunk(Array(event.utf8), into: &$0) } }
        if framing == .untilClose { connection?.reset() } else { connection?.abort() }
    }

    func refuse(_ refusal: Refusal, _ context: RefusalContext) {
        guard !ended, framing == nil else { return }
        ended = true
        guard let connection else { return }
        let answer = Answers.answer(refusal, context)
        let close = connection.closesAfter(self)
        if close { connection.willClose = true }
        connection.buffer { buffer in
            HeadWriter.write(answer.head, close: close, into: &buffer)
            if self.request.method != .head { buffer.writeBytes(answer.content) }
        }
        connection.flushNow()
    }

    /// The client reads again, or never will.
    func wakeWriter() {
        writer?.resume()
        writer = nil
    }

    func unblock() {
        loop.execute {
            self.unblocked = true
            self.wakeReader()
            self.wakeWriter()
        }
    }

    func stop(_ refusal: Refusal, _ context: RefusalContext) {
        loop.execute {
            if self.framing == nil { self.refuse(refusal, context) } else { self.cut(event: nil) }
        }
    }
}
