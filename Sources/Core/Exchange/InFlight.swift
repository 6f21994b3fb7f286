/// What is being served now, so that a revocation can cut it.
package final class InFlight: Sendable {
    package enum Cut: Sendable, Equatable { case revoked, keyRevoked, ended, shutdown, stopped(Stop) }

    /// Whose it is, and how to cut it.
    package struct Entry: Sendable {
        package var subject: Subject
        package var keyIDs: [String]
        package var cut: @Sendable (Cut) -> Void

        package init(_ subject: Subject, keyIDs: [String], cut: @escaping @Sendable (Cut) -> Void) {
            (self.subject, self.keyIDs, self.cut) = (subject, keyIDs, cut)
        }
    }

    private struct State {
        var next: UInt64 = 0
        var entries: [UInt64: Entry] = [:]
    }

    private let state = Guarded(State())

    package init() {}

    package var count: Int { state.withLockedValue { $0.entries.count } }

    package func enter(_ entry: Entry) -> UInt64 {
        state.withLockedValue { state in
            state.next += 1
            state.entries[state.next] = entry
            return state.next
        }
    }

    package func leave(_ ticket: UInt64) { state.withLockedValue { _ = $0.entries.removeValue(forKey: ticket) } }

    /// Cuts what matches; the callbacks run outside the lock.
    package func cut(_ reason: Cut, where matches: (Entry) -> Bool) {
        let hit = state.withLockedValue { $0.entries.values.filter(matches) }
        for entry in hit { entry.cut(reason) }
    }
}
