internal import Core
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One request and its answer over a connection of their own.
struct AdminConnection {
    struct Answer: Sendable {
        var status: UInt
        var content: [UInt8]
    }

    private typealias Parts = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    let address: AdminAddress
    /// Longer answers than any page has are an error, not a way to fill our memory.
    private static let longest = 64 << 20

    init(_ address: AdminAddress) { self.address = address }

    /// - Throws: that nothing listens there, or that the answer broke off.
    func exchange(
        _ head: HTTPRequestHead, _ content: [UInt8]?, patience: TimeAmount?,
        piece: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws(Quit) -> Answer {
        let parts = try await connect()
        do { try check(parts.channel) } catch {
            try? await parts.executeThenClose { _, _ in }
            throw error
        }
        // Whoever waits longer waits for nothing: closing ends the reading below.
        let alarm = patience.map { time in
            parts.channel.eventLoop.scheduleTask(in: time) { parts.channel.close(promise: nil) }
        }
        defer { alarm?.cancel() }
        do {
            return try await parts.executeThenClose { inbound, outbound in
                // All at once: an answer may come, and the connection end, before the end of a request without content.
                let body = content.map { HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: $0))) }
                try await outbound.write(contentsOf: [.head(head)] + [body].compactMap(\.self) + [.end(nil)])
                return try await Self.read(inbound, piece)
            }
        } catch let failure as Quit {
            throw failure
        } catch {
            throw Quit("the connection to \(address.authority) broke: \(error)", .unavailable)
        }
    }

    /// Nothing was sent yet.
    private func check(_ channel: any Channel) throws(Quit) {
        let owners = ListenerOwners.find(port: address.port, own: channel.localAddress?.port ?? 0)
        guard address.trusts(owners) else {
            throw Quit(
                "another user listens at \(address.authority) than the sidecar's, and was told nothing; "
                    + "is the sidecar down? Look who it is: ss -ltnpe", .noPermission)
        }
    }

    private func connect() async throws(Quit) -> Parts {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        return try Parts(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Quit(
                "nothing answers at \(address.authority); is the sidecar running? Start it with: cofferdam serve",
                .unavailable)
        }
    }

    private static func read(
        _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>, _ piece: (@Sendable ([UInt8]) -> Void)?
    ) async throws -> Answer {
        var answer: Answer?
        for try await part in inbound {
            switch part {
            case .head(let head):
                answer = Answer(status: head.status.code, content: [])
            case .body(let buffer):
                if let piece, answer?.status == 200 {
                    piece(Array(buffer: buffer))
                } else {
                    answer?.content += buffer.readableBytesView
                }
                guard (answer?.content.count ?? 0) <= longest else { throw Quit("the answer is too long", .software) }
            case .end:
                if let answer { return answer }
            }
        }
        throw Quit("the answer broke off", .unavailable)
    }
}
