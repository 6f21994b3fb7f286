/// Ends a transfer from outside: a revocation, a client that hung up, content that breaks its framing.
final class Cutter: Sendable {
    enum Reason: Sendable, Equatable {
        case stopped(InFlight.Cut)
        case clientGone
        case malformed(Refusal)
    }

    private struct State {
        var reason: Reason?
        var over = false
        /// An open stream could go on for hours: its price is not worth the wait.
        var stream = false
        var transfer: (any Transfer)?
    }

    private let state = Guarded(State())
    /// Whether what was already sent is worth waiting for, to settle it.
    private let mayDrain: Bool
    private let stopClient: @Sendable (Refusal) -> Void
    private let unblock: @Sendable () -> Void
    private let drainTime: Duration

    init(mayDrain: Bool, drainTime: Duration, client: some Client, context: RefusalContext) {
        (self.mayDrain, self.drainTime) = (mayDrain, drainTime)
        stopClient = { client.stop($0, context) }
        unblock = { client.unblock() }
    }

    /// From now on there is something to cut; what was cut before it began ends here.
    func begin(_ transfer: any Transfer) {
        let isCut = state.withLockedValue { state in
            state.transfer = transfer
            return state.reason != nil
        }
        if isCut { transfer.cancel() }
    }

    var reason: Reason? { state.withLockedValue { $0.reason } }

    /// Whether nothing of the client's content is wanted any more.
    var isOver: Bool { state.withLockedValue { $0.over || $0.reason != nil } }

    func finished() { state.withLockedValue { $0.over = true } }

    func streams() { state.withLockedValue { $0.stream = true } }

    /// Revoked, ended or shut down: the client is cut now; a priced transfer is drained, bounded in time, to settle.
    func cut(_ cut: InFlight.Cut) {
        guard note(.stopped(cut)) else { return }
        unblock()
        if let refusal = Reason.stopped(cut).refusal, drains { stopClient(refusal) }
        drainOrCancel()
    }

    /// Whether the answer is waited for, although nobody reads it.
    private var drains: Bool { mayDrain && !state.withLockedValue { $0.stream } }

    private func drainOrCancel() {
        guard drains else { return cancel() }
        Task {
            try? await Task.sleep(for: drainTime)
            cancel()
        }
    }

    private func cancel() { state.withLockedValue { $0.transfer }?.cancel() }

    /// What moves money is asked for to its end: otherwise hanging up would leave in doubt what the vendor does with it,
    /// and let the next request move the same object meanwhile.
    func clientGone() {
        guard note(.clientGone) else { return }
        drainOrCancel()
    }

    func malformed(_ refusal: Refusal) {
        guard note(.malformed(refusal)) else { return }
        cancel()
    }

    private func note(_ reason: Reason) -> Bool {
        state.withLockedValue { state in
            guard state.reason == nil, !state.over else { return false }
            state.reason = reason
            return true
        }
    }
}
