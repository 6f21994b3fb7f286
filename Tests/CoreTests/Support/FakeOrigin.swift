@testable import Core

/// An origin that plays a script, and keeps what it was sent.
final class FakeOrigin: Origin {
    /// What comes next; `.wait` until the transfer is cancelled.
    enum Play: Sendable {
        case event(OriginEvent)
        case act(@Sendable () async -> Void)
        case upload(Int)
        case wait
    }

    struct State {
        var requests: [OriginRequest] = []
        var uploaded: [UInt8] = []
        var uploadEnded = false
        var cancelled = 0
    }

    let state = Guarded(State())
    private let script: [Play]

    init(_ script: [Play]) { self.script = script }

    /// An answer with a known length.
    convenience init(_ status: Int, _ content: String = "{}", _ fields: [(String, String)] = [], _ more: Play...) {
        let head = AnswerHead(
            status: status, reason: Array("Fine".utf8), fields: Fields(fields),
            framing: .fixed(Int64(content.utf8.count)))
        let middle = content.utf8.count / 2
        let bytes = Array(content.utf8)
        self.init(
            [.event(.head(head)), .event(.content(Array(bytes[..<middle]))), .event(.content(Array(bytes[middle...])))]
                + more + [.event(.end(trailers: Fields()))])
    }

    /// A transfer that fails at once.
    convenience init(failing cause: OriginFailure.Cause, sent: Bool) {
        self.init([.event(.failed(OriginFailure(cause, sent: sent, detail: "for a test")))])
    }

    var requests: [OriginRequest] { state.withLockedValue { $0.requests } }

    func send(_ request: OriginRequest) -> any Transfer {
        state.withLockedValue { $0.requests.append(request) }
        return FakeTransfer(self, script)
    }
}

private final class FakeTransfer: Transfer {
    private struct State {
        var at = 0
        var cancelled = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let origin: FakeOrigin
    private let script: [FakeOrigin.Play]
    private let state = Guarded(State())

    init(_ origin: FakeOrigin, _ script: [FakeOrigin.Play]) { (self.origin, self.script) = (origin, script) }

    func next() async -> OriginEvent {
        while true {
            guard let play = step() else { return .failed(OriginFailure(.cancelled, sent: true, detail: "cancelled")) }
            switch play {
            case .event(let event): return event
            case .act(let act): await act()
            case .upload(let count):
                while origin.state.withLockedValue({ $0.uploaded.count }) < count { await Task.yield() }
            case .wait: await waitForCancel()
            }
        }
    }

    private func step() -> FakeOrigin.Play? {
        state.withLockedValue { state in
            guard !state.cancelled, state.at < script.count else { return nil }
            defer { state.at += 1 }
            return script[state.at]
        }
    }

    private func waitForCancel() async {
        await withCheckedContinuation { continuation in
            let now = state.withLockedValue { state in
                if !state.cancelled { state.waiting = continuation }
                return state.cancelled
            }
            if now { continuation.resume() }
        }
    }

    func upload(_ bytes: [UInt8]) async { origin.state.withLockedValue { $0.uploaded += bytes } }

    func finishUpload() { origin.state.withLockedValue { $0.uploadEnded = true } }

    func cancel() {
        let waiting = state.withLockedValue { state in
            state.cancelled = true
            defer { state.waiting = nil }
            return state.waiting
        }
        origin.state.withLockedValue { $0.cancelled += 1 }
        waiting?.resume()
    }
}
