internal import Core

/// What lies between an exchange and its loop: events on the way to the reader, content on the way to the origin.
/// A plain value; the transfer's lock guards it.
struct Mail {
    /// Content that the reader did not take yet: from here on the answer pauses, and there it goes on.
    static let answerHigh = 262_144
    static let answerLow = 131_072
    /// Content that waits to be sent: from here on the writer waits.
    static let uploadHigh = 65_536

    private var events: [OriginEvent?] = []
    private var position = 0
    private var unread = 0
    private(set) var isPaused = false
    private(set) var isCancelled = false
    /// The last event was put in; there will be no other.
    private(set) var isEnded = false
    /// The last event, once it was handed out.
    private var last: OriginEvent?
    private var reader: UnsafeContinuation<OriginEvent, Never>?

    private var pieces: [[UInt8]] = []
    private var waiting = 0
    private var isFinished = false
    private var isStarved = false
    private var isUploadOver = false
    private var writer: UnsafeContinuation<Void, Never>?
}

/// Who waits for the loop, to be woken on the lane.
enum Sleeper {
    case reader(UnsafeContinuation<OriginEvent, Never>, OriginEvent)
    case writer(UnsafeContinuation<Void, Never>)

    func wake() {
        switch self {
        case .reader(let continuation, let event): continuation.resume(returning: event)
        case .writer(let continuation): continuation.resume()
        }
    }
}

// MARK: - The reader's side

extension Mail {
    /// The next event that is already here, and whether the loop may go on reading.
    mutating func take() -> (event: OriginEvent, resume: Bool)? {
        guard position < events.count, let event = removeFirst() else { return last.map { ($0, false) } }
        switch event {
        case .content(let bytes): unread -= bytes.count
        case .end, .failed: last = event
        case .interim, .head: break
        }
        let resume = isPaused && unread <= Self.answerLow
        if resume { isPaused = false }
        return (event, resume)
    }

    private mutating func removeFirst() -> OriginEvent? {
        var event: OriginEvent?
        // A swap leaves no second reference behind: the reader may change content in place.
        swap(&event, &events[position])
        position += 1
        if position == events.count {
            events.removeAll(keepingCapacity: true)
            position = 0
        }
        return event
    }

    mutating func wait(_ continuation: UnsafeContinuation<OriginEvent, Never>) { reader = continuation }

    /// Whether the loop has to be told; the reader sees nothing but the failure from now on.
    mutating func cancel() -> Bool {
        guard !isCancelled, last == nil else { return false }
        isCancelled = true
        let ending = events.last ?? nil
        events.removeAll()
        (position, unread) = (0, 0)
        guard isEnded else { return true }
        events = [.failed(Self.cancelled(after: ending))]
        return false
    }

    private static func cancelled(after ending: OriginEvent?) -> OriginFailure {
        var sent = true
        if case .failed(let failure) = ending { sent = failure.sent }
        return OriginFailure(.cancelled, sent: sent, detail: "cancelled")
    }
}

// MARK: - The writer's side

extension Mail {
    enum Offer { case accepted, acceptedAndStarved, over }

    mutating func offer(_ bytes: [UInt8]) -> Offer {
        guard !isEnded, !isCancelled, !isUploadOver, !isFinished else { return .over }
        pieces.append(bytes)
        waiting += bytes.count
        return feed()
    }

    mutating func finish() -> Offer {
        guard !isEnded, !isCancelled, !isUploadOver, !isFinished else { return .over }
        isFinished = true
        return feed()
    }

    private mutating func feed() -> Offer {
        guard isStarved else { return .accepted }
        isStarved = false
        return .acceptedAndStarved
    }

    /// False: there is room, or no need for any.
    mutating func wait(_ continuation: UnsafeContinuation<Void, Never>) -> Bool {
        guard isFull else { return false }
        writer = continuation
        return true
    }

    var isFull: Bool { waiting > Self.uploadHigh && !isEnded && !isCancelled && !isUploadOver }
}

// MARK: - The loop's side

extension Mail {
    /// Adds what the origin said in one turn, and says whether the loop may go on reading at once.
    mutating func put(_ new: [OriginEvent], bytes: Int, waking sleepers: inout [Sleeper]) -> Bool {
        guard !isEnded else { return false }
        if position > 0 {
            events.removeFirst(position)
            position = 0
        }
        if !isCancelled { unread += bytes }
        for event in new {
            if !isCancelled || event.isFailure {
                events.append(event)
            } else if event.isLast {
                // It was whole before the loop heard of the cancelling: somebody may wait for the end all the same.
                events.append(.failed(Self.cancelled(after: event)))
            }
        }
        if let final = new.last, final.isLast { isEnded = true }
        if isEnded { wakeWriter(&sleepers) }
        return wakeReader(&sleepers)
    }

    private mutating func wakeReader(_ sleepers: inout [Sleeper]) -> Bool {
        guard let continuation = reader, let (event, resume) = take() else { return false }
        reader = nil
        sleepers.append(.reader(continuation, event))
        return resume
    }

    private mutating func wakeWriter(_ sleepers: inout [Sleeper]) {
        guard let continuation = writer else { return }
        writer = nil
        sleepers.append(.writer(continuation))
    }

    /// Whether `pending` more bytes are too many; if so the reader will tell when there is room.
    mutating func mustPause(pending: Int) -> Bool {
        guard unread + pending >= Self.answerHigh, !isCancelled else { return false }
        isPaused = true
        return true
    }

    enum Upload { case pieces([[UInt8]]), finished, starved }

    /// All content that waits; starved: the writer will tell when there is more.
    mutating func takeUpload(waking sleepers: inout [Sleeper]) -> Upload {
        guard pieces.isEmpty else {
            let all = pieces
            pieces = []
            waiting = 0
            wakeWriter(&sleepers)
            return .pieces(all)
        }
        if isFinished, !isUploadOver { return .finished }
        isStarved = true
        return .starved
    }

    /// The origin does not want the rest.
    mutating func endUpload(waking sleepers: inout [Sleeper]) {
        isUploadOver = true
        pieces = []
        waiting = 0
        wakeWriter(&sleepers)
    }
}

extension OriginEvent {
    var isFailure: Bool { if case .failed = self { true } else { false } }

    /// Nothing comes after it.
    var isLast: Bool {
        switch self {
        case .end, .failed: true
        case .interim, .head, .content: false
        }
    }
}
