internal import CCurl
internal import Core
internal import Logging
internal import NIOConcurrencyHelpers

/// One thread that drives libcurl for one lane: `curl_multi_socket_action` on an epoll of its own.
///
/// Unchecked, because everything but `inbox`, `counters` and the constants belongs to the loop's thread: commands
/// come in through the inbox, and what waits for the loop is woken through the lane, once a turn.
final class CurlLoop: @unchecked Sendable {
    let lane: Lane
    let settings: CurlSettings
    let logger: Logger
    let counters = Guarded(CurlStats())
    private let inbox: Inbox
    private let epoll: Int32
    private let bell: Int32
    let sockets: SocketTable

    /// Monotonic nanoseconds, taken once a turn.
    private(set) var now = System.now()
    /// Who is woken at the end of the turn.
    var sleepers: [Sleeper] = []
    var pools: [String: [Channel]] = [:]
    var channels: [Channel] = []
    var touched: [Channel] = []
    /// Transfers whose origin answered early and has nothing more to say.
    var answered: [CurlTransfer] = []
    /// Transfers with events to hand over in this turn.
    var soiled: [CurlTransfer] = []
    var active: [CurlTransfer] = []
    var idleHandles: [EasyHandle] = []
    /// No deadline lies before this instant.
    var nextDeadline = Int64.max
    var names = NameChecks()
    private var commands: [Command] = []
    private var isStopping = false

    init(_ lane: Lane, settings: CurlSettings, logger: Logger) throws(CurlError) {
        self.lane = lane
        self.settings = settings
        self.logger = logger
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard epoll >= 0, bell >= 0 else { throw CurlError(system: "epoll_create1", errno: System.lastError) }
        inbox = Inbox(bell: bell)
        sockets = SocketTable(epoll: epoll)
        // Edge-triggered, so that the counter never has to be read.
        var event = epoll_event(events: EPOLLIN.rawValue | EPOLLET.rawValue, data: epoll_data(fd: bell))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) == 0 else {
            throw CurlError(system: "epoll_ctl", errno: System.lastError)
        }
    }

    /// From any thread: has the loop do something in its next turn. False: it has ended.
    @discardableResult
    func queue(_ command: Command) -> Bool { inbox.put(command) }

    /// The thread's work; returns when it was told to stop and nothing is left.
    func run() {
        let ready = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)
        defer { ready.deallocate() }
        while !isStopping {
            let count = wait(ready)
            now = System.now()
            for event in ready[0..<count] { react(event) }
            obeyCommands()
            fireTimers()
            harvest()
            endAnswered()
            expire()
            handOver()
        }
        shutDown()
    }

    private func wait(_ ready: UnsafeMutableBufferPointer<epoll_event>) -> Int {
        let timeout = inbox.park() ? sleepingTime() : 0
        return max(0, Int(epoll_wait(epoll, ready.baseAddress, Int32(ready.count), timeout)))
    }

    /// Milliseconds until somebody's time comes, rounded up; -1: nobody's.
    private func sleepingTime() -> Int32 {
        let next = channels.reduce(nextDeadline) { min($0, $1.timer) }
        guard next < .max else { return -1 }
        let milliseconds = (next - System.now() + 999_999) / 1_000_000
        return Int32(clamping: max(0, milliseconds))
    }

    private func react(_ event: epoll_event) {
        guard event.data.fd != bell, let (channel, mask) = sockets.ready(event.data.fd, event.events) else { return }
        channel.act(on: event.data.fd, mask)
    }

    private func obeyCommands() {
        inbox.take(into: &commands)
        for command in commands { obey(command) }
        commands.removeAll(keepingCapacity: true)
    }

    private func obey(_ command: Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .resolved(let transfer, let name): begin(transfer, with: name)
        case .resumeAnswer(let transfer): resumeAnswer(transfer)
        case .resumeUpload(let transfer): resumeUpload(transfer)
        case .cancel(let transfer): end(transfer, .cancelled, "cancelled")
        case .stop: isStopping = true
        }
    }

    private func fireTimers() {
        for channel in channels where channel.timer <= now {
            // libcurl sets the next one from inside.
            channel.timer = .max
            channel.act(on: CURL_SOCKET_TIMEOUT, 0)
        }
    }

    /// Ends what is in flight and gives back what the loop holds. Late commands find a closed inbox.
    private func shutDown() {
        let late = inbox.close()
        for case .start(let transfer) in late { adopt(transfer) }
        for transfer in active { end(transfer, .cancelled, "the sidecar stops") }
        handOver()
        idleHandles.removeAll()
        for channel in channels { channel.close() }
        (pools, touched, channels) = ([:], [], [])
        publishStats()
        System.close(bell)
        System.close(epoll)
    }
}
