import NIOCore
import NIOEmbedded
import Testing

@testable import Listener

@Suite struct `A TLS client hello` {
    /// A record with a handshake message of this length in it, as far as it fits.
    private func record(_ length: UInt16, message: UInt32) -> [UInt8] {
        let head: [UInt8] = [22, 3, 1, UInt8(length >> 8), UInt8(length & 0xFF)]
        let start: [UInt8] = [1, UInt8(message >> 16 & 0xFF), UInt8(message >> 8 & 0xFF), UInt8(message & 0xFF)]
        return Array((head + start + Array(repeating: 7, count: Int(length))).prefix(5 + Int(length)))
    }

    private func whole(_ bytes: [UInt8]) -> Bool? { HelloGuard.isWhole(ByteBuffer(bytes: bytes)) }

    @Test func `passes in one record`() throws {
        #expect(whole(record(512, message: 508)) == true)
        #expect(whole(record(512, message: 100)) == true)
        #expect(whole(Array("GET / HTTP/1.1\r\n".utf8)) == true, "TLS itself refuses this")
        for count in 1..<9 { #expect(whole(Array(record(512, message: 508).prefix(count))) == nil) }
    }

    @Test(arguments: [1, 2, 3, 4, 40, 507, 511]) func `is refused in pieces`(_ length: UInt16) {
        #expect(whole(record(length, message: 508) + record(512 - length, message: 0)) == false)
    }

    @Test func `waits for its length, then goes on as it came`() throws {
        let channel = EmbeddedChannel(handler: HelloGuard())
        let bytes = record(512, message: 508)
        for byte in bytes.prefix(8) { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        try channel.writeInbound(ByteBuffer(bytes: bytes.dropFirst(8)))
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(bytes: bytes))
        try channel.writeInbound(ByteBuffer(bytes: [1, 2]))
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(bytes: [1, 2]))
        _ = try channel.finish()
    }

    @Test func `in pieces is answered with an alert, and nothing of it goes on`() throws {
        let channel = EmbeddedChannel(handler: HelloGuard())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(bytes: record(40, message: 508)))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: [21, 3, 3, 0, 2, 2, 50]))
        #expect(!channel.isActive)
    }
}
