import Core
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

enum WireError: Error {
    case closed(String)
    case slow(String)
    case unexpected(String)
}

/// A client that says exactly the bytes it is told to, and keeps what it hears.
final class Wire: Sendable {
    struct Answer: Sendable {
        var status = 0
        var reason = ""
        var fields = Fields()
        var content: [UInt8] = []
        var trailers = Fields()
        /// Statuses of the interim answers before it.
        var interim: [Int] = []

        var text: String { String(decoding: content, as: UTF8.self) }
        var json: JSONValue? { try? JSONValue.parse(content) }
        var code: String? { json?["code"]?.text }

        func field(_ name: String) -> String? { fields[name].map { String(decoding: $0, as: UTF8.self) } }
    }

    private let channel: any Channel
    private let ear: Ear

    private init(_ channel: any Channel, _ ear: Ear) { (self.channel, self.ear) = (channel, ear) }

    static func connect(_ port: Int, _ group: any EventLoopGroup) async throws -> Wire {
        let ear = Ear()
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EarHandler(ear))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return Wire(channel, ear)
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Stops reading: the other side's buffers fill.
    func pause(_ paused: Bool) async throws {
        try await channel.setOption(.autoRead, value: !paused).get()
        if !paused { channel.read() }
    }

    func close() async { try? await channel.close() }

    /// Puts TLS in front, as a client does behind the answer to CONNECT.
    func startTLS(_ host: String, trusting pem: String) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
        let context = try NIOSSLContext(configuration: configuration)
        try await channel.eventLoop.submit { [channel] in
            let handler = try NIOSSLClientHandler(context: context, serverHostname: host)
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        }.get()
    }

    // MARK: Hearing

    var isClosed: Bool { ear.state.withLockedValue { $0.closed } }

    /// Whether the other side's end was an error, not an end.
    var wasReset: Bool { ear.state.withLockedValue { $0.reset } }

    /// Everything that was heard and not yet taken.
    var heard: [UInt8] { ear.state.withLockedValue { $0.bytes } }

    /// Waits until something of it can be taken.
    private func take<T: Sendable>(_ what: String, _ take: @escaping @Sendable (inout [UInt8], Bool) throws -> T?)
        async throws -> T
    {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let taken = try ear.state.withLockedValue { state in try take(&state.bytes, state.closed) }
            if let taken { return taken }
            await ear.change(within: .milliseconds(200))
        }
        throw WireError.slow("\(what): \(String(decoding: heard, as: UTF8.self))")
    }

    /// The next bytes until one of them ends with this text.
    func until(_ text: String) async throws -> String {
        try await take("until \(text)") { bytes, closed in
            let heard = String(decoding: bytes, as: UTF8.self)
            guard let range = heard.range(of: text) else {
                if closed { throw WireError.closed(heard) }
                return nil
            }
            bytes.removeFirst(heard[..<range.upperBound].utf8.count)
            return String(heard[..<range.upperBound])
        }
    }

    /// Returns when the other side has closed; what it said before.
    @discardableResult func closed() async throws -> [UInt8] {
        try await take("close") { bytes, closed in closed ? bytes : nil }
    }

    /// Heads up to the final one; its content stays.
    func head() async throws -> Answer {
        try await take("a head") { bytes, closed in
            var answer = Answer()
            var rest = bytes[...]
            while let end = HeadScanner.end(in: rest) {
                let interim = answer.interim
                answer = try Self.parse(rest[..<end])
                answer.interim = interim
                rest = rest[end...]
                if answer.status >= 200 {
                    bytes = Array(rest)
                    return answer
                }
                answer.interim.append(answer.status)
            }
            if closed { throw WireError.closed(String(decoding: bytes, as: UTF8.self)) }
            return nil
        }
    }

    /// A whole answer.
    func answer(to method: String = "GET") async throws -> Answer {
        var answer = try await head()
        let length = answer.fields["content-length"].flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
        let none =
            method == "HEAD" || answer.status == 204 || answer.status == 304
            || method == "CONNECT" && answer.status == 200
        if !none, answer.fields.contains("transfer-encoding") {
            (answer.content, answer.trailers) = try await content(.chunked)
        } else if !none, let length {
            (answer.content, answer.trailers) = try await content(.fixed(length))
        } else if !none {
            answer.content = try await closed()
        }
        return answer
    }

    private func content(_ framing: Framing) async throws -> ([UInt8], Fields) {
        try await take("content") { bytes, closed in
            var decoder = ContentDecoder(framing)
            var (input, content) = (bytes[...], [UInt8]())
            while true {
                switch try decoder.next(&input) {
                case .wait:
                    if closed { throw WireError.closed("\(content.count) bytes") }
                    return nil
                case .content(let piece): content += piece
                case .end(let trailers):
                    bytes = Array(input)
                    return (content, trailers)
                }
            }
        }
    }

    private static func parse(_ head: ArraySlice<UInt8>) throws -> Answer {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n").map(String.init)
        let first = (lines.first ?? "").split(separator: " ", maxSplits: 2).map(String.init)
        guard first.count >= 2, first[0] == "HTTP/1.1", let status = Int(first[1]) else {
            throw WireError.unexpected(lines.first ?? "nothing")
        }
        var answer = Answer(status: status, reason: first.count > 2 ? first[2] : "")
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1).map(String.init)
            answer.fields.append(halves[0], halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : "")
        }
        return answer
    }
}

/// What was heard, and who waits for more.
final class Ear: Sendable {
    struct State {
        var bytes: [UInt8] = []
        var closed = false
        var reset = false
    }

    let state = NIOLockedValueBox(State())
    private let waiting = NIOLockedValueBox<[CheckedContinuation<Void, Never>]>([])

    func hear(_ bytes: [UInt8]) {
        state.withLockedValue { $0.bytes += bytes }
        wake()
    }

    func close() {
        state.withLockedValue { $0.closed = true }
        wake()
    }

    private func wake() {
        let woken = waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns at the next change, or after a while.
    func change(within limit: Duration) async {
        let alarm = Task {
            try? await Task.sleep(for: limit)
            wake()
        }
        await withCheckedContinuation { continuation in waiting.withLockedValue { $0.append(continuation) } }
        alarm.cancel()
    }
}

private final class EarHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let ear: Ear

    init(_ ear: Ear) { self.ear = ear }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        ear.hear(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { ear.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ear.state.withLockedValue { $0.reset = true }
        context.close(promise: nil)
    }
}
