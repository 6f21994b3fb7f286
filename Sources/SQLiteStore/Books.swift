import Core

/// What the lock guards: the sums that holds are checked against, and the rows that wait to be written.
///
/// A change of the sums and its place in the queue are one step under the lock, and a group takes the whole queue with
/// the changed sums. So the sums that a group writes are those of exactly the rows written so far.
struct Books: Sendable {
    var balances: Balances
    var days: ForwardPeriod
    /// Holds that wait for their answer; whoever closes one a second time changes nothing.
    var open: Set<RequestID> = []
    var queue: [Item] = []
    /// A group is on its way and will take the queue.
    var scheduled = false
    /// A group will be sent for in a while.
    var awaited = false
    /// Refusals that are not written yet, and those that found too many of them.
    var refusals = 0
    var dropped: Int64 = 0
    /// Why the last group failed; nil when it was written.
    var failure: StoreFailure?

    /// Why what is written is lost, whatever the disk says; nothing takes it back.
    var lost: StoreFailure?
    /// Why the head file can't be brought up to date.
    var headFailure: StoreFailure?

    /// Refusals beyond this are counted, not kept: they can't fill the memory while the disk is slow.
    static let refusalsKept = 10_000

    /// Nothing more can be written: the file is about to be closed.
    var closed = false

    /// Why nothing more is taken.
    var refusing: StoreFailure? { closed ? StoreFailure("closed") : lost }

    init(balances: Balances, days: ForwardPeriod) { (self.balances, self.days) = (balances, days) }

    /// Holds in memory and queues the rows; the waiter hears of them when they are durable.
    /// Every account of `entry` is in memory; `missing` says whether.
    mutating func hold(_ entry: HoldEntry, at now: Moment, _ waiter: HoldWaiter) -> Refusal? {
        if let reason = refusing { return .storeUnavailable(reason.cause) }
        balances.advance(to: days.at(now))
        guard !open.contains(entry.requestID) else { return .storeUnavailable("request \(entry.requestID) held twice") }
        if var reached = balances.hold(entry.estimate, entry.covers, whole: entry.whole) {
            reached.resetsAt = days.resetsAt(reached.period)
            return .capExhausted(reached)
        }
        let hold = Hold(
            requestID: entry.requestID, estimate: entry.estimate, covers: entry.covers, period: balances.period,
            room: balances.room(entry.covers), object: entry.object)
        open.insert(hold.requestID)
        queue.append(.hold(hold, entry.decision, entry.use, waiter))
        return nil
    }

    mutating func close(
        _ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord, _ seen: ObjectSeen?, at now: Moment
    ) -> Money? {
        balances.advance(to: days.at(now))
        guard open.remove(hold.requestID) != nil else { return balances.room(hold.covers) }
        balances.close(hold, closing)
        let room = balances.room(hold.covers)
        var outcome = outcome
        outcome.room = room
        queue.append(.close(hold, closing, outcome, seen))
        return room
    }

    /// Ends a hold that is in doubt.
    mutating func decide(_ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord) {
        balances.advance(to: days.at(outcome.at))
        balances.decide(hold, closing)
        var outcome = outcome
        outcome.room = balances.room(hold.covers)
        queue.append(.close(hold, closing, outcome, hold.object?.after(closing)))
    }

    mutating func record(_ refusal: DecisionRecord) {
        guard refusals < Self.refusalsKept else {
            dropped += 1
            return
        }
        refusals += 1
        queue.append(.refusal(refusal, day: days.at(refusal.at).day))
    }

    /// Whether somebody has to send for a group now.
    mutating func schedule() -> Bool {
        guard !scheduled, !closed, !queue.isEmpty else { return false }
        scheduled = true
        return true
    }

    /// Whether somebody has to send for a group in a while.
    mutating func scheduleSoon() -> Bool {
        guard !awaited, !scheduled, !closed, !queue.isEmpty else { return false }
        awaited = true
        return true
    }

    /// Everything that waits. Accounts are forgotten here and nowhere else: the group before is written by now, so what
    /// did not change since is on the disk.
    mutating func takeGroup() -> Group {
        if balances.count > Self.accountsKept { balances.forgetIdle(lookingAt: 64 + 2 * queue.count) }
        defer { (queue, dropped, scheduled) = ([], 0, false) }
        return Group(items: queue, accounts: balances.takeChanged(), period: balances.period, dropped: dropped)
    }

    /// With fewer accounts in memory than this none is forgotten.
    static let accountsKept = 10_000

    /// The group is on the disk; answers whether the one before was not.
    mutating func succeed(_ group: Group) -> Bool {
        defer { failure = nil }
        refusals -= group.items.count { if case .refusal = $0 { true } else { false } }
        return failure != nil
    }

    /// Undoes the holds of a group that could not be written, and queues again what can't be undone.
    mutating func fail(_ group: Group, _ failure: StoreFailure) {
        self.failure = failure
        dropped += group.dropped
        balances.markChanged(group.accounts)
        for case .hold(let hold, _, _, _) in group.items {
            open.remove(hold.requestID)
            balances.undo(hold)
        }
        queue.insert(contentsOf: group.items.filter(\.isKept), at: 0)
    }
}

/// Who waits for a group: told nothing when it is durable, or why it is not.
typealias Waiter = CheckedContinuation<StoreFailure?, Never>
typealias HoldWaiter = CheckedContinuation<Result<Hold, Refusal>, Never>

/// Something to be written. Indirect: it is passed on many times, and records are large.
indirect enum Item: Sendable {
    /// With the use of an idempotency key.
    case hold(Hold, DecisionRecord, HoldEntry.Use?, HoldWaiter)
    /// With what is known now of the vendor's object.
    case close(Hold, Closing, OutcomeRecord, ObjectSeen?)
    /// With the day that it counts in.
    case refusal(DecisionRecord, day: Int32)
    /// Something that is no request.
    case note(AuditNote)
    /// A run, a key or a block.
    case put(Put, Waiter)
    /// Nothing; only waits for what is before it.
    case flush(Waiter)

    /// Must be on the disk, not only in the system's cache, before anybody acts on it.
    var needsSync: Bool {
        switch self {
        case .hold(let hold, _, _, _): hold.estimate > .zero
        // The row of the hold counts the estimate already; more must not be forgotten.
        case .close(let hold, let closing, _, _) where closing.exceeds(hold): true
        case .put: true
        case .close, .refusal, .note, .flush: false
        }
    }

    /// Ends a hold of money.
    var settles: Bool { if case .close(let hold, _, _, _) = self { hold.estimate > .zero } else { false } }

    /// Already happened: when its group fails it goes into a later one.
    var isKept: Bool {
        switch self {
        case .close, .refusal, .note: true
        case .hold, .put, .flush: false
        }
    }

    /// Wakes who waits for this.
    func resume(_ failure: StoreFailure?) {
        switch self {
        case .hold(let hold, _, _, let waiter):
            waiter.resume(returning: failure.map { .failure(.storeUnavailable($0.cause)) } ?? .success(hold))
        case .put(_, let waiter), .flush(let waiter): waiter.resume(returning: failure)
        case .close, .refusal, .note: break
        }
    }
}

/// What is written in one transaction.
struct Group: Sendable {
    var items: [Item]
    /// Accounts that changed, with their sums after every item.
    var accounts: [Balances.Entry]
    var period: SpendingPeriod
    /// Refusals that found the queue full.
    var dropped: Int64 = 0

    var needsSync: Bool { items.contains(where: \.needsSync) }

    /// Wakes everybody who waits, in one sweep.
    func resume(_ failure: StoreFailure?) {
        for item in items { item.resume(failure) }
    }
}

extension Closing {
    /// What it adds to what was spent, as the balances count it.
    var spent: Money { if case .settled(let cost) = self { max(cost, .zero) } else { .zero } }

    /// Whether it cost more than was held.
    func exceeds(_ hold: Hold) -> Bool { if case .settled(let cost) = self { cost > hold.estimate } else { false } }
}
