/// Counts for status and metrics: totals since the start, and the last 15 minutes by the minute.
package final class Activity: Sendable {
    package struct Counts: Sendable {
        /// By refusal code.
        package var refusals: [String: Int] = [:]
        /// By run (or key label), in micro-dollars.
        package var spent: [String: Money] = [:]
        /// Refusals by run, for "who is it".
        package var refusedRuns: [String: Int] = [:]
        package var allowed = 0
        package var unidentified = 0

        mutating func add(_ other: Counts) {
            refusals.merge(other.refusals, uniquingKeysWith: +)
            spent.merge(other.spent, uniquingKeysWith: +)
            refusedRuns.merge(other.refusedRuns, uniquingKeysWith: +)
            allowed += other.allowed
            unidentified += other.unidentified
        }
    }

    private struct State {
        var total = Counts()
        var minutes: [(minute: Int64, counts: Counts)] = []
    }

    private let state = Guarded(State())
    private let clock: Clock
    private static let window: Int64 = 15

    package init(clock: @escaping Clock) { self.clock = clock }

    package func allowed() { note { $0.allowed += 1 } }

    package func refused(_ code: String, run: String?) {
        note { counts in
            counts.refusals[code, default: 0] += 1
            if let run { counts.refusedRuns[run, default: 0] += 1 } else { counts.unidentified += 1 }
        }
    }

    package func spent(_ amount: Money, by whom: String) {
        guard amount != .zero else { return }
        note { $0.spent[whom, default: .zero] = $0.spent[whom, default: .zero] + amount }
    }

    package var total: Counts { state.withLockedValue { $0.total } }

    /// The last 15 minutes.
    package var recent: Counts {
        let first = clock().seconds / 60 - Self.window
        return state.withLockedValue { state in
            state.minutes.filter { $0.minute > first }.reduce(into: Counts()) { $0.add($1.counts) }
        }
    }

    private func note(_ change: (inout Counts) -> Void) {
        let minute = clock().seconds / 60
        state.withLockedValue { state in
            if state.minutes.last?.minute != minute {
                state.minutes.append((minute, Counts()))
                state.minutes.removeAll { $0.minute <= minute - Self.window }
            }
            change(&state.minutes[state.minutes.count - 1].counts)
            change(&state.total)
            // Labels come from callers: what counts by them stays bounded.
            if state.total.spent.count > 10_000 { state.total.spent.removeAll() }
            if state.total.refusedRuns.count > 10_000 { state.total.refusedRuns.removeAll() }
        }
    }
}
