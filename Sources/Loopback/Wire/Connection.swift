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
            guard let bytes = try await inbound.next() else {
                if framer.isBetweenRequests { return nil }
                throw ClientGone()
            }
            framer.receive(bytes)
        }
    }

    func write(_ bytes: ByteBuffer) async throws {
        try await outbound.write(bytes)
    }

    /// Sends what was written, then ends the connection.
    func hangUp(_ hangup: Hangup) async throws {
        try await channel.writeAndFlush(ByteBuffer())
        if case .orderly = hangup { return }
        try await channel.triggerUserOutboundEvent(hangup)
    }
}

/// The client closed in the middle of a request.
struct ClientGone: Error {}
