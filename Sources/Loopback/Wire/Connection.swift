internal import NIOCore

/// One client connection: bytes in through the framer, bytes out as they are given.
///
/// Owned by the task that serves it.
final class Connection {
    let number: Int
    private let channel: any Channel
    private let recording: Recording
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var framer = RequestFramer()
    private var unsent = 0

    /// How much may be on its way to the kernel.
    private static let window = 1 << 20

    /// How many more requests are answered before one is met with `ending` instead.
    var fuse: (answers: Int, ending: Hangup)?

    init(
        number: Int, channel: any Channel, recording: Recording,
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.number = number
        self.channel = channel
        self.recording = recording
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// The next event of the framer; nil when the client has closed between two requests.
    func next() async throws -> RequestFramer.Event? {
        while true {
            do throws(Malformed) {
                if let event = try framer.next() { return event }
            } catch {
                recording.malformed(number, error.reason)
                throw error
            }
            guard let bytes = try await inbound.next(isolation: #isolation) else {
                if framer.isBetweenRequests { return nil }
                throw ClientGone()
            }
            framer.receive(bytes)
        }
    }

    func write(_ bytes: ByteBuffer) async throws {
        try await outbound.write(bytes)
        // `write` only hands over: while the event loop is busy elsewhere it would take any amount.
        unsent += bytes.readableBytes
        guard unsent >= Self.window else { return }
        try await flush()
    }

    /// Returns when all that was written is with the kernel.
    private func flush() async throws {
        unsent = 0
        try await channel.writeAndFlush(ByteBuffer())
    }

    /// Sends what was written, then ends the connection.
    func hangUp(_ hangup: Hangup) async throws {
        try await flush()
        if case .orderly = hangup { return }
        try await channel.triggerUserOutboundEvent(hangup)
    }
}

/// The client closed in the middle of a request.
struct ClientGone: Error {}
