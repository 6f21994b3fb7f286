// Nothing lives longer because the wall clock is set back: what is to end at a time moves with the clock and keeps what
// was left of it. With a clock that is set ahead keys and runs end early; stops and changed budgets, which must not end
// early either, keep their time whichever way.

/// What is known of the clock.
package struct ClockState: Sendable {
    fileprivate var watch: ClockWatch?
    /// A step that the store does not know of yet.
    fileprivate var unwritten: Span?
    /// The time that the store knows.
    fileprivate var told: Moment?
}

extension Sidecar {
    /// How often the store is told the time, for a start after the clock was set back.
    private static let tellsEach = Span.seconds(60)

    /// Looks whether the wall clock was set; every second. `steady` only ever runs on. Answers the step that was found.
    @discardableResult
    package func follow(_ steady: Span) async -> Span? {
        let now = clock()
        let step = clockState.withLockedValue { state -> Span? in
            guard state.watch != nil else {
                state.watch = ClockWatch(wall: now, steady: steady)
                return nil
            }
            return state.watch?.step(wall: now, steady: steady)
        }
        if let step { move(by: step) }
        vault.saw(now)
        await tellStore(now)
        return step
    }

    /// What happened while we were not there is known by the time that the store was told last.
    func catchUpWithClock() async throws(StoreFailure) {
        let now = clock()
        if let last = try await vault.store.lastClock() {
            vault.saw(last)
            if last > now { try await vault.store.moveEnds(by: now - last, now: now) }
        }
        try await vault.store.tell(clock: now)
        clockState.withLockedValue { $0.told = now }
    }

    /// Memory first: it decides.
    private func move(by step: Span) {
        let way = step.microseconds < 0 ? "back" : "ahead"
        warnOnce("the clock was set \(way) by \(Span(microseconds: abs(step.microseconds)).text)")
        if step.microseconds < 0 { vault.moveEnds(by: step) }
        stops.moveEnds(by: step)
        change { rules in
            for id in rules.budgetChanges.keys { rules.budgetChanges[id]?.until.move(by: step) }
        }
        clockState.withLockedValue { state in
            state.unwritten = Span(microseconds: (state.unwritten?.microseconds ?? 0) + step.microseconds)
        }
    }

    /// What can't be written now is tried again.
    private func tellStore(_ now: Moment) async {
        let (step, told) = clockState.withLockedValue { ($0.unwritten, $0.told) }
        guard step != nil || told.map({ now - $0 >= Self.tellsEach }) ?? true else { return }
        do throws(StoreFailure) {
            if let step { try await vault.store.moveEnds(by: step, now: now) }
            try await vault.store.tell(clock: now)
        } catch { return }
        clockState.withLockedValue { ($0.unwritten, $0.told) = (nil, now) }
    }
}

extension Vault {
    /// The newest time that was seen: what the store alone knows was over by then.
    func saw(_ now: Moment) { latest.withLockedValue { $0 = max($0, now) } }

    func moveEnds(by step: Span) {
        state.withLockedValue { state in
            for digest in state.keys.keys { state.keys[digest]?.expiresAt += step }
            for id in state.runs.keys { state.runs[id]?.deadline += step }
        }
    }

    /// One that is in memory no more has ended, however the clock was set since.
    func ended(_ key: VaultKey?) -> VaultKey? {
        guard var key, key.expiresAt <= latest.withLockedValue({ $0 }) else { return key }
        key.expiresAt = min(key.expiresAt, clock())
        return key
    }

    func ended(_ run: Run?) -> Run? {
        guard var run, run.deadline <= latest.withLockedValue({ $0 }) else { return run }
        run.deadline = min(run.deadline, clock())
        return run
    }
}

extension Stops {
    fileprivate func moveEnds(by step: Span) {
        live.withLockedValue { stops in
            for index in stops.indices { stops[index].until.move(by: step) }
        }
    }
}

extension Moment {
    fileprivate static func += (moment: inout Moment, span: Span) { moment = moment + span }
}

extension Moment? {
    fileprivate mutating func move(by span: Span) { self = map { $0 + span } }
}
