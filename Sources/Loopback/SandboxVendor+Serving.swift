internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS

extension SandboxVendor {
    /// A connection and its number in the recording.
    struct Accept: Sendable {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        let number: Int
    }

    typealias Server = NIOAsyncChannel<Accept, Never>

    static func listen(
        _ address: String, _ port: Int, _ context: NIOSSLContext?, _ recording: Recording,
        _ group: MultiThreadedEventLoopGroup
    ) async throws -> Server {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: address, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, context, recording) }
            }
    }

    private static func accept(
        _ channel: any Channel, _ context: NIOSSLContext?, _ recording: Recording
    ) throws -> Accept {
        let number = recording.opened()
        try channel.pipeline.syncOperations.addHandler(HangupHandler())
        if let context {
            try channel.pipeline.syncOperations.addHandler(nameReader(channel.eventLoop, number, recording))
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
        }
        return Accept(channel: try NIOAsyncChannel(wrappingChannelSynchronously: channel), number: number)
    }

    /// Looks at the client hello on its way to TLS.
    private static func nameReader(
        _ loop: any EventLoop, _ number: Int, _ recording: Recording
    ) -> ByteToMessageHandler<SNIHandler> {
        ByteToMessageHandler(
            SNIHandler { result in
                if case .hostname(let name) = result { recording.named(number, name) }
                return loop.makeSucceededVoidFuture()
            })
    }

    static func serve(_ server: Server, _ recording: Recording, _ desk: Desk) async {
        // An error of the listening socket ends the sandbox; there is nobody to tell.
        try? await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await accept in connections {
                    group.addTask { await serve(accept, recording, desk) }
                }
            }
        }
    }

    /// Whatever ends a connection ends only that connection.
    private static func serve(_ accept: Accept, _ recording: Recording, _ desk: Desk) async {
        let channel = accept.channel.channel
        await withTaskCancellationHandler {
            try? await accept.channel.executeThenClose { inbound, outbound in
                let connection = Connection(
                    number: accept.number, channel: channel, recording: recording, inbound: inbound, outbound: outbound)
                do {
                    while try await serveNext(connection, recording, desk) {}
                } catch is Malformed {
                    try await connection.write(
                        ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    )
                }
            }
        } onCancel: {
            channel.triggerUserOutboundEvent(Hangup.abrupt, promise: nil)
        }
        try? await channel.closeFuture.get()
        // Not when the channel closed: what had arrived by then is recorded first.
        recording.closed(accept.number)
    }

    /// One request; false when the connection is over.
    private static func serveNext(_ connection: Connection, _ recording: Recording, _ desk: Desk) async throws -> Bool {
        guard case .head(let head) = try await connection.next() else { return false }
        if head.target.hasPrefix("/_sandbox/") {
            let exchange = Exchange(head, number: 0, on: connection, recording: recording)
            try await exchange.drain()
            try await exchange.answer(200, RecordingDump.json(recording))
            return try await exchange.finish()
        }
        let number = recording.arrived(head, on: connection.number)
        let exchange = Exchange(head, number: number, on: connection, recording: recording)
        if let fuse = connection.fuse {
            guard fuse.answers > 0 else {
                try await exchange.drain()
                try await exchange.hangUp(fuse.ending)
            }
            connection.fuse = (fuse.answers - 1, fuse.ending)
        }
        try await desk.answer(exchange)
        return try await exchange.finish()
    }
}
