internal import Foundation
#if canImport(Glibc)
internal import Glibc
#endif

/// Writes log lines from a thread of its own, so that a full disk, a closed pipe or a reader that stalls costs lines and
/// nothing else: whoever logs goes on.
final class LogWriter: Sendable {
    static let shared = LogWriter(descriptor: STDERR_FILENO)

    /// `@unchecked Sendable`: `condition` guards all of it.
    private final class State: @unchecked Sendable {
        let condition = NSCondition()
        var lines: [String] = []
        var dropped = 0
        var isWriting = false
        var started = false
    }

    private let state = State()
    private let descriptor: CInt
    private static let kept = 10_000

    init(descriptor: CInt) { self.descriptor = descriptor }

    func write(_ line: String) {
        state.condition.lock()
        defer { state.condition.unlock() }
        if state.lines.count < Self.kept { state.lines.append(line) } else { state.dropped += 1 }
        if !state.started {
            state.started = true
            Thread.detachNewThread { [self] in run() }
        }
        state.condition.broadcast()
    }

    /// Returns when all is written, or after a second: a reader that stalls does not keep us from ending.
    func flush() {
        let end = Date(timeIntervalSinceNow: 1)
        state.condition.lock()
        defer { state.condition.unlock() }
        while !state.lines.isEmpty || state.isWriting, state.condition.wait(until: end) {}
    }

    private func run() {
        while true {
            let text = next()
            put(Array(text.utf8))
            state.condition.lock()
            state.isWriting = false
            state.condition.broadcast()
            state.condition.unlock()
        }
    }

    /// What waits, and how much did not fit.
    private func next() -> String {
        state.condition.lock()
        defer { state.condition.unlock() }
        while state.lines.isEmpty { state.condition.wait() }
        var text = state.lines.joined()
        if state.dropped > 0 {
            text += "cofferdam: \(state.dropped) log lines were lost: they could not be written in time\n"
        }
        (state.lines, state.dropped, state.isWriting) = ([], 0, true)
        return text
    }

    /// Lines that can't be written are lost.
    private func put(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&waited, 1, 1000) <= 0 { return }
            } else if !(count < 0 && errno == EINTR) {
                return
            }
        }
    }
}
