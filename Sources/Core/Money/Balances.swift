/// What is counted on every account, as a pure value: the store puts a lock around it and rows behind it.
///
/// Invariant: for each account and period, `spent + held + in doubt` never passes a cap by a hold. Only a settled cost
/// above its estimate can pass it, because what a vendor has taken counts whole.
package struct Balances: Sendable {
    /// The sums of one account, with the day and month that they belong to.
    package struct Entry: Sendable, Equatable {
        package var account: Account
        package var period: SpendingPeriod
        package var today = Balance.Sums()
        package var month = Balance.Sums()
        package var total = Balance.Sums()

        package init(account: Account, period: SpendingPeriod) { (self.account, self.period) = (account, period) }
    }

    /// The newest day and month ever seen; it only moves forward.
    package private(set) var period: SpendingPeriod
    private var slots: [Account: Int] = [:]
    private var entries: [Entry] = []
    /// For each entry, how many open holds count on it.
    private var pins: [Int] = []
    /// Slots whose rows are older than their sums.
    private var changed: Set<Int> = []
    /// Where the search for idle accounts goes on.
    private var hand = 0

    package init(period: SpendingPeriod) { self.period = period }

    package var count: Int { entries.count }

    /// Moves to a newer day or month; an older one changes nothing.
    package mutating func advance(to newer: SpendingPeriod) {
        period.day = max(period.day, newer.day)
        period.month = max(period.month, newer.month)
    }

    /// Holds `estimate` on every covering account, or nothing at all.
    /// Answers the first cap without room, in the order of `covers`; its `resetsAt` is the caller's to fill in.
    /// An estimate of zero is always accepted, also on an account that a settled cost took past its cap.
    /// `whole` is what a cap of a single request is about, where it is more than what is held: a payment that was
    ///   raised in small steps is confirmed as one.
    package mutating func hold(_ estimate: Money, _ covers: [Cover], whole: Money? = nil) -> CapReached? {
        let touched = touched(covers)
        for (cover, touch) in zip(covers, touched) {
            let asked = max(whole ?? estimate, estimate)
            if let reached = entries[touch.slot].obstacle(toRequestOf: asked, cover) { return reached }
        }
        if estimate != .zero {
            for (cover, touch) in zip(covers, touched) where cover.share(of: estimate) != .zero {
                if let reached = entries[touch.slot].obstacle(to: cover.share(of: estimate), cover) { return reached }
            }
        }
        let once = Self.unique(touched)
        for touch in once { pins[touch.slot] += 1 }
        if estimate != .zero { change(once, in: period) { $0.held = $0.held + $1.of(estimate) } }
        return nil
    }

    /// Ends a hold in the period that it was made in: a hold of yesterday does not touch today's sums.
    package mutating func close(_ hold: Hold, _ closing: Closing) {
        let touched = Self.unique(touched(hold.covers))
        for touch in touched { pins[touch.slot] = max(pins[touch.slot] - 1, 0) }
        if hold.estimate == .zero, closing.cost == .zero { return }
        change(touched, in: hold.period) { sums, share in
            let held = share.of(hold.estimate)
            sums.held = sums.held.minus(held)
            sums.spent = sums.spent + share.of(closing.cost)
            if case .inDoubt = closing { sums.inDoubt = sums.inDoubt + held }
        }
    }

    /// Ends a hold that is in doubt, in the period that it was made in.
    package mutating func decide(_ hold: Hold, _ closing: Closing) {
        change(Self.unique(touched(hold.covers)), in: hold.period) { sums, share in
            sums.inDoubt = sums.inDoubt.minus(share.of(hold.estimate))
            sums.spent = sums.spent + share.of(closing.cost)
        }
    }

    /// Takes back a hold whose rows could not be written.
    package mutating func undo(_ hold: Hold) { close(hold, .released) }

    /// The smallest room left on the capped accounts of `covers`; nil without caps.
    package func room(_ covers: [Cover]) -> Money? {
        var least: Money?
        for cover in covers where cover.caps.limitSums {
            guard let room = current(cover.account)?.room(under: cover.caps) else { continue }
            least = min(least ?? room, room)
        }
        return least
    }

    /// What is counted on an account now; nothing on one that was never used.
    package func balance(_ account: Account) -> Balance {
        var balance = Balance(account: account)
        if let entry = current(account) {
            (balance.today, balance.month, balance.total) = (entry.today, entry.month, entry.total)
        }
        return balance
    }

    /// The sums of an account as of the current period; nil when it is not in memory.
    private func current(_ account: Account) -> Entry? {
        guard let slot = slots[account] else { return nil }
        var entry = entries[slot]
        entry.roll(to: period)
        return entry
    }

    /// An account that a request touches, and what of it counts there.
    private struct Touch {
        var slot: Int
        var ahead: Money

        func of(_ amount: Money) -> Money { Cover.share(of: amount, ahead: ahead) }
    }

    private mutating func touched(_ covers: [Cover]) -> [Touch] {
        covers.map { Touch(slot: slot(of: $0.account), ahead: $0.ahead) }
    }

    /// Each account once, however many covers name it.
    private static func unique(_ touched: [Touch]) -> [Touch] {
        let repeats = touched.indices.contains { at in touched[..<at].contains { $0.slot == touched[at].slot } }
        guard repeats else { return touched }
        return touched.reduce(into: []) { once, touch in
            if !once.contains(where: { $0.slot == touch.slot }) { once.append(touch) }
        }
    }

    /// The place of an account, made when it is new, and rolled to the current period.
    private mutating func slot(of account: Account) -> Int {
        if let slot = slots[account] {
            entries[slot].roll(to: period)
            return slot
        }
        slots[account] = entries.count
        entries.append(Entry(account: account, period: period))
        pins.append(0)
        return entries.count - 1
    }

    private mutating func change(
        _ touched: [Touch], in period: SpendingPeriod, _ change: (inout Balance.Sums, Touch) -> Void
    ) {
        for touch in touched {
            entries[touch.slot].apply(in: period) { change(&$0, touch) }
            changed.insert(touch.slot)
        }
    }
}

// Accounts come and go between memory and the store: most keys are used for minutes.
extension Balances {
    /// Whether the accounts of all of them are in memory.
    package func knows(_ covers: [Cover]) -> Bool { covers.allSatisfy { slots[$0.account] != nil } }

    /// Which of these accounts are not in memory, each once.
    package func missing(_ accounts: [Account]) -> [Account] {
        var missing: [Account] = []
        for account in accounts where slots[account] == nil && !missing.contains(account) { missing.append(account) }
        return missing
    }

    /// Puts back what a store kept; what is in memory already is newer and stays.
    package mutating func restore(_ entry: Entry) {
        guard slots[entry.account] == nil else { return }
        advance(to: entry.period)
        entries[slot(of: entry.account)] = entry
    }

    /// Accounts that changed since this was last asked, as they are now.
    package mutating func takeChanged() -> [Entry] {
        defer { changed.removeAll(keepingCapacity: true) }
        return changed.map { entries[$0] }
    }

    /// Gives back what `takeChanged` took, when its rows could not be written.
    package mutating func markChanged(_ taken: [Entry]) {
        for entry in taken { changed.insert(slot(of: entry.account)) }
    }

    /// Looks at some accounts and forgets those that were not used today, have no open hold and are written.
    package mutating func forgetIdle(lookingAt count: Int) {
        for _ in 0..<min(count, entries.count) {
            if hand >= entries.count { hand = 0 }
            if entries[hand].period.day < period.day, pins[hand] == 0, !changed.contains(hand) {
                forget(hand)
            } else {
                hand += 1
            }
        }
    }

    /// The last entry takes the place.
    private mutating func forget(_ slot: Int) {
        slots[entries[slot].account] = nil
        let (last, lastPins) = (entries.removeLast(), pins.removeLast())
        guard slot < entries.count else { return }
        (entries[slot], pins[slot]) = (last, lastPins)
        slots[last.account] = slot
        if changed.remove(entries.count) != nil { changed.insert(slot) }
    }
}

extension Balance {
    /// What is counted at `now`: the sums of an older day or month are none.
    package init(_ entry: Balances.Entry, now: SpendingPeriod) {
        var entry = entry
        entry.roll(to: now)
        self.init(account: entry.account)
        (today, month, total) = (entry.today, entry.month, entry.total)
    }
}

extension Balances.Entry {
    /// Drops the sums of an older day or month.
    mutating func roll(to newer: SpendingPeriod) {
        if newer.day > period.day { (period.day, today) = (newer.day, Balance.Sums()) }
        if newer.month > period.month { (period.month, month) = (newer.month, Balance.Sums()) }
    }

    mutating func apply(in made: SpendingPeriod, _ change: (inout Balance.Sums) -> Void) {
        if made.day == period.day { change(&today) }
        if made.month == period.month { change(&month) }
        change(&total)
    }

    /// The first cap of `cover` that `estimate` would pass.
    func obstacle(to estimate: Money, _ cover: Cover) -> CapReached? {
        // It caps nothing: one run's absurd sums must not stop the others.
        if cover.account == .everything, !cover.caps.limitSums, estimate > .zero { return nil }
        for period in [Period.day, .month] {
            if let cap = cover.caps[period], !fits(estimate, period, under: cap) {
                return reached(period, cap, estimate, cover)
            }
        }
        // Without a cap the sum must still be a number: what can't be counted is refused.
        let cap = cover.caps.total ?? .max
        return fits(estimate, .total, under: cap) ? nil : reached(.total, cap, estimate, cover)
    }

    /// The cap of a single request, when it is passed.
    func obstacle(toRequestOf whole: Money, _ cover: Cover) -> CapReached? {
        guard let cap = cover.caps.request, whole > cap else { return nil }
        return reached(.request, cap, whole, cover)
    }

    /// The smallest room under `caps`, at least zero; nil without caps on sums.
    func room(under caps: Caps) -> Money? {
        var least: Money?
        func look(_ cap: Money?, _ sums: Balance.Sums) {
            guard let cap else { return }
            let room = max(cap.minus(sums.counted), .zero)
            least = min(least ?? room, room)
        }
        look(caps.daily, today)
        look(caps.monthly, month)
        look(caps.total, total)
        return least
    }

    private func fits(_ estimate: Money, _ period: Period, under cap: Money) -> Bool {
        guard estimate > .zero, let after = sums(period).counted.adding(estimate) else { return false }
        return after <= cap
    }

    private func sums(_ period: Period) -> Balance.Sums {
        switch period {
        case .request: Balance.Sums()
        case .day: today
        case .month: month
        case .total: total
        }
    }

    private func reached(_ period: Period, _ cap: Money, _ asked: Money, _ cover: Cover) -> CapReached {
        let sums = sums(period)
        return CapReached(
            what: cover.account.title, period: period, cap: cap, spent: sums.spent, held: sums.held,
            inDoubt: sums.inDoubt, asked: asked, resetsAt: nil, place: cover.place)
    }
}

extension Closing {
    /// What it adds to what was spent: nothing ever lowers that.
    fileprivate var cost: Money {
        if case .settled(let cost) = self { max(cost, .zero) } else { .zero }
    }
}

extension Money {
    /// The difference of non-negative amounts, at least zero.
    fileprivate func minus(_ other: Money) -> Money { other < self ? self - other : .zero }
}
