/// How many refusals of one caller are recorded: so many each minute, and the rest as one number. A run that is refused
/// all day long must not fill the disk.
final class RefusalMeter: Sendable {
    fileprivate struct State {
        var minute: Int64 = 0
        var counts: [String: Int] = [:]
        var unrecorded: [(caller: String, count: Int)] = []
    }

    private let state = Guarded(State())
    private let each: Int

    /// `each`: records of one caller in a minute.
    init(each: Int = 1000) { self.each = each }

    func mayRecord(_ caller: String, at now: Moment) -> Bool {
        state.withLockedValue { state in
            state.turn(to: now.seconds / 60, each)
            state.counts[caller, default: 0] += 1
            return state.counts[caller, default: 0] <= each
        }
    }

    /// What was not recorded in the minutes that are over; told once.
    func takeUnrecorded(at now: Moment) -> [AuditNote] {
        let unrecorded = state.withLockedValue { state in
            state.turn(to: now.seconds / 60, each)
            defer { state.unrecorded = [] }
            return state.unrecorded
        }
        return unrecorded.map { caller, count in
            AuditNote(at: now, text: "\(count) more refusals of \(caller) in a minute were counted, not recorded")
        }
    }
}

extension RefusalMeter.State {
    fileprivate mutating func turn(to now: Int64, _ each: Int) {
        guard now != minute else { return }
        unrecorded += counts.filter { $0.value > each }.map { ($0.key, $0.value - each) }
        (minute, counts) = (now, [:])
    }
}
