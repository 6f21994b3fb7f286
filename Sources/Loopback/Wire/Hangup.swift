internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// How a connection ends. Thrown by behaviours that end it themselves.
enum Hangup: Error {
    /// TLS is closed in order (close_notify), then TCP.
    case orderly
    /// TCP is closed at once (FIN); TLS is not closed, as when a process dies.
    case abrupt
    /// TCP is reset (RST).
    case reset

    init(named name: String?) {
        switch name {
        case "fin": self = .abrupt
        case "rst": self = .reset
        default: self = .orderly
        }
    }
}

/// Stands before TLS in the pipeline, so that it can end the TCP connection behind the back of TLS.
final class HangupHandler: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let hangup = event as? Hangup else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        if case .reset = hangup, let socket = context.channel as? any SocketOptionProvider {
            // No time to linger makes close(2) send a reset. On its own event loop the option is set at once.
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        context.close(promise: promise)
    }
}
