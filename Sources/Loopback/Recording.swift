package import FoundationEssentials
internal import Crypto
internal import NIOConcurrencyHelpers
internal import NIOCore

/// One request as it arrived. It is recorded when its head is there; its content follows.
package struct RecordedRequest: Sendable {
    /// The arrival count over all connections, from 1.
    package let number: Int
    /// The number of the connection, from 1.
    package let connection: Int
    package let head: RequestHead
    /// The beginning of the content, without its framing.
    package fileprivate(set) var content: [UInt8] = []
    /// How much content arrived in all.
    package fileprivate(set) var contentLength = 0
    /// SHA-256 of all of the content, in lower-case hex; nil until the request is complete.
    package fileprivate(set) var contentSHA256: String?
    package fileprivate(set) var trailers: [Field] = []
    /// When its head was complete.
    package let arrived: Date

    /// Whether all of it arrived.
    package var isComplete: Bool { contentSHA256 != nil }
    package var method: String { head.method }
    package var target: String { head.target }
    /// All field lines in the order in which they arrived.
    package var fields: [Field] { head.fields }
    /// The content as text.
    package var text: String { String(decoding: content, as: UTF8.self) }

    /// The first value of a field, whatever the case of its name.
    package func value(_ name: String) -> String? { head.value(name) }
}

/// One TCP connection.
package struct RecordedConnection: Sendable {
    /// From 1.
    package let number: Int
    /// The server name of the TLS client hello.
    package fileprivate(set) var serverName: String?
    /// Why its bytes were no request, if they were not.
    package fileprivate(set) var malformed: String?
    package let opened: Date
    package fileprivate(set) var closed: Date?
}

/// What reached the sandbox: shared by all connections, read by tests.
final class Recording: Sendable {
    private struct State {
        var requests: [RecordedRequest] = []
        var arrivals = 0
        var connections: [Int: RecordedConnection] = [:]
        var accepted = 0
        var waiting: [Int: (isMet: @Sendable (SandboxCounts) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            [:]
        var tickets = 0
    }

    /// More requests than this are counted, but the oldest are forgotten; connections likewise.
    private static let longest = 20_000

    private let state = NIOLockedValueBox(State())
    private let contentBound: Int

    init(contentBound: Int) {
        self.contentBound = contentBound
    }

    var requests: [RecordedRequest] { state.withLockedValue { $0.requests } }

    var connections: [RecordedConnection] {
        state.withLockedValue { $0.connections.values.sorted { $0.number < $1.number } }
    }

    var counts: SandboxCounts { state.withLockedValue { Self.counts($0) } }

    func opened() -> Int {
        change { state in
            state.accepted += 1
            let number = state.accepted
            state.connections[number] = RecordedConnection(number: number, opened: Date())
            state.connections[number - Self.longest] = nil
            return number
        }
    }

    func closed(_ connection: Int) {
        change { $0.connections[connection]?.closed = Date() }
    }

    func named(_ connection: Int, _ serverName: String) {
        change { $0.connections[connection]?.serverName = serverName }
    }

    func malformed(_ connection: Int, _ reason: String) {
        change { $0.connections[connection]?.malformed = reason }
    }

    /// Notes a head; the number is the request's from now on.
    func arrived(_ head: RequestHead, on connection: Int) -> Int {
        change { state in
            state.arrivals += 1
            state.requests.append(
                RecordedRequest(number: state.arrivals, connection: connection, head: head, arrived: Date()))
            if state.requests.count > Self.longest { state.requests.removeFirst(Self.longest / 10) }
            return state.arrivals
        }
    }

    func content(_ bytes: ByteBuffer, of request: Int) {
        update(request) { record in
            let room = max(0, self.contentBound - record.content.count)
            record.content += bytes.readableBytesView.prefix(room)
            record.contentLength += bytes.readableBytes
        }
    }

    func completed(_ request: Int, sha256: String, trailers: [Field]) {
        update(request) { record in
            record.contentSHA256 = sha256
            record.trailers = trailers
        }
    }

    func request(_ number: Int) -> RecordedRequest? {
        state.withLockedValue { state in
            Self.index(of: number, in: state.requests).map { state.requests[$0] }
        }
    }

    /// Forgets the requests, not the counts.
    func forget() {
        state.withLockedValue { $0.requests = [] }
    }

    /// Returns when `isMet`, or when the task is cancelled.
    func wait(until isMet: @escaping @Sendable (SandboxCounts) -> Bool) async {
        let ticket = state.withLockedValue { state in
            state.tickets += 1
            return state.tickets
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLockedValue { $0.waiting[ticket] = (isMet, continuation) }
                change { _ in }
                if Task.isCancelled { leave(ticket) }
            }
        } onCancel: {
            leave(ticket)
        }
    }

    private func leave(_ ticket: Int) {
        state.withLockedValue { $0.waiting.removeValue(forKey: ticket) }?.continuation.resume()
    }

    private func update(_ request: Int, _ body: (inout RecordedRequest) -> Void) {
        change { state in
            guard let index = Self.index(of: request, in: state.requests) else { return }
            body(&state.requests[index])
        }
    }

    /// Requests are numbered without gaps, so the first tells where the others are.
    private static func index(of request: Int, in requests: [RecordedRequest]) -> Int? {
        guard let first = requests.first else { return nil }
        let index = request - first.number
        return requests.indices.contains(index) ? index : nil
    }

    @discardableResult
    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, met) = state.withLockedValue { state in
            let result = body(&state)
            guard !state.waiting.isEmpty else { return (result, [CheckedContinuation<Void, Never>]()) }
            let counts = Self.counts(state)
            let met = state.waiting.filter { $0.value.isMet(counts) }
            for ticket in met.keys { state.waiting[ticket] = nil }
            return (result, met.values.map(\.continuation))
        }
        for continuation in met { continuation.resume() }
        return result
    }

    private static func counts(_ state: State) -> SandboxCounts {
        SandboxCounts(
            connections: state.accepted,
            open: state.connections.values.count { $0.closed == nil },
            requests: state.arrivals,
            complete: state.requests.count(where: \.isComplete))
    }
}

/// Counts over the life of a sandbox.
package struct SandboxCounts: Sendable, Hashable {
    /// Connections accepted.
    package let connections: Int
    /// Connections that are open now.
    package let open: Int
    /// Requests whose head arrived.
    package let requests: Int
    /// Requests on record that arrived whole.
    package let complete: Int
}
