internal import NIOCore
internal import NIOHTTP1

/// Puts the doorkeeper behind the decoder; Hummingbird's own handlers go further behind, where its types begin.
final class DoorkeeperSetup: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let doorkeeper: Doorkeeper

    init(_ doorkeeper: Doorkeeper) { self.doorkeeper = doorkeeper }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(doorkeeper, position: .after(decoder))
        } catch {
            // Without a doorkeeper nobody gets in.
            context.close(promise: nil)
        }
    }
}
