internal import NIOConcurrencyHelpers

/// What exchanges and operators want of a loop.
enum Command {
    case start(CurlTransfer)
    /// The check of the name before a proxy is used came out.
    case resolved(CurlTransfer, ResolvedName)
    case resumeAnswer(CurlTransfer)
    case resumeUpload(CurlTransfer)
    case cancel(CurlTransfer)
    case stop
}

/// Commands on their way to a loop's thread, and the bell that wakes it. Everything is guarded by `lock`.
final class Inbox: @unchecked Sendable {
    private let lock = NIOLock()
    private var commands: [Command] = []
    private var isParked = false
    private var isClosed = false
    private let bell: Int32

    /// - Parameter bell: An eventfd that the loop waits for, edge-triggered; the loop closes it at its end.
    init(bell: Int32) { self.bell = bell }

    /// False: the loop has ended, and nobody will do it. Rings only for a loop that sleeps.
    func put(_ command: Command) -> Bool {
        lock.withLock {
            guard !isClosed else { return false }
            commands.append(command)
            if isParked {
                isParked = false
                System.signal(bell)
            }
            return true
        }
    }

    /// Exchanges the empty `box` for what has come.
    func take(into box: inout [Command]) {
        lock.withLock {
            isParked = false
            swap(&box, &commands)
        }
    }

    /// Whether the loop may sleep: from now on the bell is rung.
    func park() -> Bool {
        lock.withLock {
            isParked = commands.isEmpty
            return isParked
        }
    }

    /// Answers what came last; from now on nothing is taken.
    func close() -> [Command] {
        lock.withLock {
            isClosed = true
            return commands
        }
    }
}
