import NIOCore

/// Lets a TLS client hello pass only in one record: the reader of server names gives up on one in pieces, and then nothing
/// would tell that it names another host than the tunnel's. Real clients fill a record of 16 KiB first.
final class HelloGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var held = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        held.writeBuffer(&piece)
        guard let isWhole = Self.isWhole(held) else { return }
        guard isWhole else { return refuse(context) }
        context.fireChannelRead(wrapInboundOut(held))
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Whether the handshake message ends with its record; nil while that is not known. What is no handshake is for TLS to
    /// refuse (RFC 8446, sections 4 and 5.1).
    static func isWhole(_ bytes: ByteBuffer) -> Bool? {
        guard let type = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return nil }
        guard type == 22 else { return true }
        guard let record = bytes.getInteger(at: bytes.readerIndex + 3, as: UInt16.self) else { return nil }
        guard record >= 4 else { return false }
        guard let message = bytes.getInteger(at: bytes.readerIndex + 5, as: UInt32.self) else { return nil }
        // The first byte is the message's type.
        return message & 0xFF_FFFF <= UInt32(record) - 4
    }

    /// A fatal `decode_error`.
    private func refuse(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [21, 3, 3, 0, 2, 2, 50])), promise: nil)
        context.close(promise: nil)
    }
}
