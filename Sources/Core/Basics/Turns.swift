/// One at a time for each key: for what is read, awaited and written in steps.
package final class Turns: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var next: UInt64 = 0
        /// Who waits; a key that is there is taken.
        var queues: [String: [Waiter]] = [:]
    }

    private let state = Guarded(State())
    private let patience: Duration
    /// More than this wait for no key.
    private static let most = 64

    init(patience: Duration = .seconds(20)) { self.patience = patience }

    /// - Throws: `.overloaded` when its turn does not come in time.
    func take(_ key: String) async throws(Refusal) -> Turn {
        let number = state.withLockedValue { state in
            state.next += 1
            return state.next
        }
        let timer = Task { [patience] in
            try await Task.sleep(for: patience)
            giveUp(number, key)
        }
        defer { timer.cancel() }
        let mine = await withCheckedContinuation { continuation in
            let free = state.withLockedValue { state -> Bool? in
                guard let queue = state.queues[key] else {
                    state.queues[key] = []
                    return true
                }
                guard queue.count < Self.most else { return false }
                state.queues[key]?.append(Waiter(number: number, continuation: continuation))
                return nil
            }
            if let free { continuation.resume(returning: free) }
        }
        guard mine else { throw .overloaded }
        return Turn(turns: self, key: key)
    }

    /// The same, for changes that the store may hold up.
    func takeForStore(_ key: String) async throws(StoreFailure) -> Turn {
        do { return try await take(key) } catch { throw StoreFailure("too many changes of \(key) at once") }
    }

    private func giveUp(_ number: UInt64, _ key: String) {
        let waiter = state.withLockedValue { state -> Waiter? in
            guard let index = state.queues[key]?.firstIndex(where: { $0.number == number }) else { return nil }
            return state.queues[key]?.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    fileprivate func pass(_ key: String) {
        let next = state.withLockedValue { state -> Waiter? in
            guard let queue = state.queues[key], !queue.isEmpty else {
                state.queues[key] = nil
                return nil
            }
            return state.queues[key]?.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }
}

/// Ends once, at the latest with its last reference.
final class Turn: Sendable {
    private let turns: Turns
    private let key: String
    private let over = Guarded(false)

    fileprivate init(turns: Turns, key: String) { (self.turns, self.key) = (turns, key) }

    deinit { end() }

    func end() {
        let first = over.withLockedValue { over in
            defer { over = true }
            return !over
        }
        if first { turns.pass(key) }
    }
}
