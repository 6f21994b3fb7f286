import Foundation
import Harness
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A connection that says exactly the bytes that it is told to, and keeps what it hears.
final class RawWire: Sendable {
    private let channel: any Channel
    private let ear: RawEar

    private init(_ channel: any Channel, _ ear: RawEar) { (self.channel, self.ear) = (channel, ear) }

    static func connect(_ port: Int) async throws -> RawWire {
        let ear = RawEar()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawEarHandler(ear))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawWire(channel, ear)
    }

    /// Puts TLS in front; `name` is the SNI, nil for none.
    func startTLS(_ context: NIOSSLContext, name: String?) async throws {
        try await channel.eventLoop.submit { [channel] in
            let handler = try NIOSSLClientHandler(context: context, serverHostname: name)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
    }

    /// Returns when it was written, or when there is nobody any more.
    func send(_ bytes: [UInt8]) async { try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// What was heard up to now is no answer to what comes.
    func forget() { ear.forget() }

    func close() async { try? await channel.close() }

    /// Everything that was heard until this holds of it, or until the end or the deadline.
    func hear(within limit: Duration = .seconds(30), until enough: @escaping @Sendable (Heard) -> Bool) async -> Heard {
        let alarm = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { [ear] in ear.giveUp() }
        defer { alarm.cancel() }
        return await ear.wait(until: enough)
    }
}

/// What came, and whether more can come.
struct Heard: Sendable {
    var bytes: [UInt8] = []
    var closed = false

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Keeps what was heard, and wakes who waits for it.
final class RawEar: Sendable {
    private struct State {
        var heard = Heard()
        var late = false
        var waiting: (enough: @Sendable (Heard) -> Bool, continuation: CheckedContinuation<Heard, Never>)?
    }

    private let state = NIOLockedValueBox(State())

    func hear(_ bytes: ByteBufferView) { change { $0.heard.bytes += bytes } }

    func close() { change { $0.heard.closed = true } }

    func forget() { change { $0.heard.bytes = [] } }

    func giveUp() { change { $0.late = true } }

    func wait(until enough: @escaping @Sendable (Heard) -> Bool) async -> Heard {
        await withCheckedContinuation { continuation in
            change {
                $0.late = false
                $0.waiting = (enough, continuation)
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let woken = state.withLockedValue { state -> (CheckedContinuation<Heard, Never>, Heard)? in
            body(&state)
            guard let (enough, continuation) = state.waiting else { return nil }
            guard state.heard.closed || state.late || enough(state.heard) else { return nil }
            state.waiting = nil
            return (continuation, state.heard)
        }
        if let (continuation, heard) = woken { continuation.resume(returning: heard) }
    }
}

private final class RawEarHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let ear: RawEar

    init(_ ear: RawEar) { self.ear = ear }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { ear.hear(unwrapInboundIn(data).readableBytesView) }

    func channelInactive(context: ChannelHandlerContext) { ear.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
