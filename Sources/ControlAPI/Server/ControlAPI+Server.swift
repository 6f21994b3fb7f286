internal import Core
internal import HTTPTypes
package import Hummingbird
package import HummingbirdCore
package import Logging
internal import NIOCore

extension ControlAPI {
    /// The service that serves this API at an address; `onRunning` is told the port once it listens.
    package func application(
        host: String, port: Int, logger: Logger, limits: ConnectionLimits = ConnectionLimits(),
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let crowd = Crowd(limit: limits.connections)
        return Application(
            responder: APIResponder(api: self, crowd: crowd),
            server: .http1(configuration: Self.connections(crowd, limits)),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { [gate] channel in
                let port = channel.localAddress?.port ?? port
                gate.listens(on: host, port: port)
                await onRunning(port)
            },
            logger: logger)
    }

    /// Heads are small here, and a connection that says nothing for a minute is let go.
    private static func connections(_ crowd: Crowd, _ limits: ConnectionLimits) -> HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [DoorkeeperSetup(Doorkeeper(crowd, limits))],
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))
    }
}

/// Puts the API behind Hummingbird: its requests into ours, our answers into its.
package struct APIResponder: HTTPResponder {
    let api: ControlAPI
    let crowd: Crowd

    package func respond(to request: Request, context: APIContext) async -> Response {
        let body = request.body
        let answer = await api.answer(APIRequest(request), authenticated: { crowd.trust(context.channel) }) {
            () throws(ContentTooLong) in try await Self.collect(body)
        }
        return Response(answer, withoutContent: request.method == .head)
    }

    private static func collect(_ body: RequestBody) async throws(ContentTooLong) -> [UInt8] {
        // A connection that breaks in here is gone; what the answer says makes no difference.
        do { return Array(buffer: try await body.collect(upTo: ControlAPI.contentLimit)) } catch {
            throw ContentTooLong()
        }
    }
}

/// Remembers by which connection a request came.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        (coreContext, channel) = (CoreRequestContextStorage(source: source), source.channel)
    }
}

extension APIRequest {
    init(_ request: Request) {
        let target = request.head.path ?? ""
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        self.init(
            method: request.method.rawValue, path: parts.first ?? "", query: parts.count == 2 ? parts[1] : nil,
            host: request.head.authority ?? "",
            fields: Fields(request.headers.map { ($0.name.canonicalName, $0.value) }))
    }
}

extension Response {
    init(_ answer: APIAnswer, withoutContent: Bool) {
        var fields: HTTPFields = [
            .contentType: answer.contentType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        for (name, value) in answer.fields { HTTPField.Name(name).map { fields[$0] = value } }
        self.init(status: .init(code: answer.status), headers: fields, body: .init(answer.content, withoutContent))
    }
}

extension ResponseBody {
    init(_ content: APIAnswer.Content, _ withoutContent: Bool) {
        switch content {
        case .whole(let bytes) where withoutContent:
            self.init(contentLength: bytes.count) { try await $0.finish(nil) }
        case .whole(let bytes):
            self.init(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream where withoutContent, .pieces where withoutContent:
            // Without a length there would be the end of chunks that nobody expects.
            self.init(contentLength: 0) { try await $0.finish(nil) }
        case .pieces(let source):
            self.init { writer in
                var source = source
                while let piece = try await source.next() {
                    // An empty chunk would be the end.
                    if !piece.isEmpty { try await writer.write(ByteBuffer(bytes: piece)) }
                }
                try await writer.finish(nil)
            }
        case .stream(let pieces):
            self.init { writer in
                for await piece in pieces { try await writer.write(ByteBuffer(bytes: piece)) }
                try await writer.finish(nil)
            }
        }
    }
}
