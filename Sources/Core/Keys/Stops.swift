/// The stops that hold now. They are asked on every request, and whenever a key is issued or exchanged.
///
/// A stop holds in memory before it is written, so that it is effective even while the disk is slow.
package final class Stops: Sendable {
    let live = Guarded<[Stop]>([])
    private let store: any VaultStore
    private let inFlight: InFlight
    private let clock: Clock

    init(store: any VaultStore, inFlight: InFlight, clock: @escaping Clock) {
        (self.store, self.inFlight, self.clock) = (store, inFlight, clock)
    }

    func load(_ stops: [Stop]) { live.withLockedValue { $0 = stops } }

    /// Those that hold now, oldest first.
    package var all: [Stop] {
        let now = clock()
        return live.withLockedValue { $0.filter { !$0.isOver(at: now) } }
    }

    /// Stops everything that `target` covers: what is in flight is cut, and nothing more is sent.
    package func stop(
        _ target: Stop.Target, for span: Span?, reason: String, by: String
    ) async throws(StoreFailure) -> Stop {
        let now = clock()
        let stop = Stop(
            id: "stop_" + String(bytes: Random.letters(16)), target: target, createdAt: now,
            until: span.map { now + $0 },
            reason: reason, by: by)
        live.withLockedValue { $0.append(stop) }
        inFlight.cut(.stopped(stop)) { stop.covers($0.subject) }
        try await store.put(stop)
        return stop
    }

    /// Takes a stop back; nil when there is none of this ID.
    package func lift(_ id: String) async throws(StoreFailure) -> Stop? {
        guard let stop = all.first(where: { $0.id == id }) else { return nil }
        try await store.remove(stopID: id)
        live.withLockedValue { $0.removeAll { $0.id == id } }
        return stop
    }

    /// The stop that covers a subject; the making of the subject is spared while there is none at all.
    package func covering(_ subject: @autoclosure () -> Subject) -> Stop? {
        let stops = live.withLockedValue { $0 }
        guard !stops.isEmpty else { return nil }
        let (subject, now) = (subject(), clock())
        return stops.first { !$0.isOver(at: now) && $0.covers(subject) }
    }

    /// - Throws: `.stopped`.
    func check(_ subject: @autoclosure () -> Subject) throws(Refusal) {
        if let stop = covering(subject()) { throw .stopped(stop.target.text, reason: stop.reason) }
    }

    /// Forgets those that have ended by themselves.
    package func forgetOver() async {
        let now = clock()
        for stop in live.withLockedValue({ $0 }) where stop.isOver(at: now) {
            // What can't be removed now is tried again with the next sweep.
            guard (try? await store.remove(stopID: stop.id)) != nil else { continue }
            live.withLockedValue { $0.removeAll { $0.id == stop.id } }
        }
    }
}
