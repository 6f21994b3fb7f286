internal import NIOCore
#if canImport(Glibc)
internal import Glibc
#endif

/// Acknowledges received bytes at once, once.
///
/// Python's urllib3 leaves Nagle on behind a proxy and writes head and content apart: with delayed ACKs on our side each
/// POST would wait 40 ms. The kernel forgets the option, so it is set again for each request that needs it.
enum QuickACK {
    static func set(_ channel: any Channel) {
        #if os(Linux)
        let option = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_QUICKACK))
        try? channel.syncOptions?.setOption(option, value: 1)
        #endif
    }
}
