import Core
import Testing

/// The way of a request's money, as small as it can be told: three requests of a dollar under a cap of two, in every
/// order of their steps, with every failure and a crash at every moment. What is checked is the real `Balances`.
@Suite struct `Three requests under a cap for two, in every order` {
    @Test func `never let the vendor take more than is counted, nor more than the cap`() {
        var search = Search()
        search.explore(Situation())
        #expect(search.broken == nil)
        #expect(search.seen.count > 3_000 && search.ended > 50, "only \(search.seen.count) states")
    }

    @Test func `take exactly what the cap has room for when nothing fails`() {
        var search = Search(failures: false)
        search.explore(Situation())
        #expect(search.ended > 0 && search.broken == nil)
        #expect(search.takenAtEnd == [2])
    }

    @Test func `would be found out if a hold without an answer were given back`() {
        var search = Search(forgetsDoubt: true)
        search.explore(Situation())
        #expect(search.broken != nil)
    }
}

/// Where a request stands.
private enum Step: Hashable {
    case new, refused
    /// In memory; then on the disk; then on its way to the vendor.
    case held, durable, sent
    /// The vendor took the money.
    case acted
    /// Ended in memory; then on the disk. In doubt the vendor may act later, as long as it `mayAct`.
    case ended(End), written(End)
}

private struct End: Hashable {
    enum Kind { case settled, released, inDoubt }
    var kind: Kind
    var acted: Bool
    var mayAct = false
}

/// All that there is at one moment: three requests, the sums in memory, and whether the one crash has been.
private struct Situation {
    var steps: [Step] = [.new, .new, .new]
    var balances = Balances(period: SpendingPeriod(day: 1, month: 1))
    var crashed = false

    static let cover = Cover(account: .everything, caps: Caps(total: Money(micros: 2)), place: nil)
    static let dollar = Money(micros: 1)

    func hold(_ at: Int) -> Hold {
        Hold(
            requestID: RequestID("\(at)"), estimate: Self.dollar, covers: [Self.cover], period: balances.period,
            room: nil)
    }

    var counted: Int64 { balances.balance(.everything).total.counted.micros }

    var taken: Int64 {
        steps.reduce(0) { sum, step in
            switch step {
            case .acted: sum + 1
            case .ended(let end), .written(let end): sum + (end.acted ? 1 : 0)
            default: sum
            }
        }
    }
}

/// Goes to every state once.
private struct Search {
    struct Seen: Hashable {
        var steps: [Step]
        var crashed: Bool
    }

    var failures = true
    /// A mistake on purpose: the check must notice.
    var forgetsDoubt = false
    private(set) var seen: Set<Seen> = []
    private(set) var ended = 0
    private(set) var takenAtEnd: Set<Int64> = []
    private(set) var broken: [Step]?

    init(failures: Bool = true, forgetsDoubt: Bool = false) {
        (self.failures, self.forgetsDoubt) = (failures, forgetsDoubt)
    }

    mutating func explore(_ now: Situation) {
        guard broken == nil, seen.insert(Seen(steps: now.steps, crashed: now.crashed)).inserted else { return }
        if now.taken > now.counted || now.counted > 2 || afterCrash(now).counted < now.taken { broken = now.steps }
        var next = now.steps.indices.flatMap { successors(now, $0) }
        if next.isEmpty {
            ended += 1
            takenAtEnd.insert(now.taken)
        }
        if failures, !now.crashed { next.append(afterCrash(now)) }
        for state in next { explore(state) }
    }

    /// What can happen next to one request.
    private func successors(_ now: Situation, _ at: Int) -> [Situation] {
        switch now.steps[at] {
        case .new:
            var next = now
            next.steps[at] = next.balances.hold(Situation.dollar, [Situation.cover]) == nil ? .held : .refused
            return [next]
        case .held: return [durable(now, at)] + (failures ? [undone(now, at)] : [])
        case .durable: return [step(now, at, .sent)] + (failures ? [end(now, at, .released, acted: false)] : [])
        case .sent:
            let lost = end(now, at, .inDoubt, acted: false, mayAct: true)
            // Released only on proof that nothing reached the vendor.
            return [step(now, at, .acted)] + (failures ? [end(now, at, .released, acted: false), lost] : [])
        case .acted:
            return [end(now, at, .settled, acted: true)] + (failures ? [end(now, at, .inDoubt, acted: true)] : [])
        case .ended(let end): return late(now, at, end) + [step(now, at, .written(end))]
        case .written(let end): return late(now, at, end)
        case .refused: return []
        }
    }

    private func step(_ now: Situation, _ at: Int, _ step: Step) -> Situation {
        var next = now
        next.steps[at] = step
        return next
    }

    /// A group takes all that waits: every end that made room for this hold is on the disk no later than it. Otherwise a
    /// crash would bring back what was released, beside the hold that took its room.
    private func durable(_ now: Situation, _ at: Int) -> Situation {
        var next = step(now, at, .durable)
        for other in next.steps.indices {
            if case .ended(let end) = next.steps[other] { next.steps[other] = .written(end) }
        }
        return next
    }

    /// The hold could not be written.
    private func undone(_ now: Situation, _ at: Int) -> Situation {
        var next = step(now, at, .refused)
        next.balances.undo(now.hold(at))
        return next
    }

    private func end(_ now: Situation, _ at: Int, _ kind: End.Kind, acted: Bool, mayAct: Bool = false) -> Situation {
        var next = step(now, at, .ended(End(kind: kind, acted: acted, mayAct: mayAct)))
        next.balances.close(now.hold(at), closing(kind))
        return next
    }

    private func closing(_ kind: End.Kind) -> Closing {
        switch kind {
        case .settled: .settled(Situation.dollar)
        case .released: .released
        case .inDoubt: forgetsDoubt ? .released : .inDoubt(evidence: "no answer")
        }
    }

    /// The vendor acts on what it got before nobody listened any more.
    private func late(_ now: Situation, _ at: Int, _ end: End) -> [Situation] {
        guard end.mayAct else { return [] }
        let acted = End(kind: end.kind, acted: true)
        if case .ended = now.steps[at] { return [step(now, at, .ended(acted))] }
        return [step(now, at, .written(acted))]
    }

    /// A start from what is on the disk: holds without a written end are in doubt.
    private func afterCrash(_ now: Situation) -> Situation {
        var next = now
        next.balances = Balances(period: now.balances.period)
        next.crashed = true
        for at in now.steps.indices { next.steps[at] = restarted(now.steps[at]) }
        for at in next.steps.indices {
            guard case .written(let end) = next.steps[at] else { continue }
            // What is on the disk counts, whatever the cap says.
            _ = next.balances.hold(Situation.dollar, [Cover(account: .everything, caps: Caps(), place: nil)])
            next.balances.close(now.hold(at), closing(end.kind))
        }
        return next
    }

    private func restarted(_ step: Step) -> Step {
        switch step {
        // Nobody was told that it is held, so nothing was sent.
        case .held: .refused
        case .durable: .written(End(kind: .inDoubt, acted: false))
        case .sent: .written(End(kind: .inDoubt, acted: false, mayAct: true))
        case .acted: .written(End(kind: .inDoubt, acted: true))
        case .ended(let end): .written(End(kind: .inDoubt, acted: end.acted, mayAct: end.mayAct))
        case .new, .refused, .written: step
        }
    }
}
