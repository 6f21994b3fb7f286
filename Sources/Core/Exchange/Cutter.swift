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
    }

    private let state = Guarded(State())
    private let transfer: any Transfer
    /// Whether what was already sent is worth waiting for, to settle it.
    private let mayDrain: Bool
    private let stopClient: @Sendable (Refusal) -> Void
    private let unblock: @Sendable () -> Void
    private static let drainTime = Duration.seconds(30)

    init(transfer: any Transfer, mayDrain: Bool, client: some Client, context: RefusalContext) {
        (self.transfer, self.mayDrain) = (transfer, mayDrain)
        stopClient = { client.stop($0, context) }
        unblock = { client.unblock() }
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
        guard mayDrain, !state.withLockedValue({ $0.stream }) else { return transfer.cancel() }
        if let refusal = Reason.stopped(cut).refusal { stopClient(refusal) }
        let transfer = transfer
        Task {
            try? await Task.sleep(for: Self.drainTime)
            transfer.cancel()
        }
    }

    func clientGone() {
        guard note(.clientGone) else { return }
        transfer.cancel()
    }

    func malformed(_ refusal: Refusal) {
        guard note(.malformed(refusal)) else { return }
        transfer.cancel()
    }

    private func note(_ reason: Reason) -> Bool {
        state.withLockedValue { state in
            guard state.reason == nil, !state.over else { return false }
            state.reason = reason
            return true
        }
    }
}
