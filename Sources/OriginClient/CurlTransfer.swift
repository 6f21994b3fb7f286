internal import Core
internal import NIOConcurrencyHelpers

/// One exchange with an origin, seen from both sides.
///
/// `mail` is guarded by `lock`; `leg` belongs to the loop's thread; the rest never changes. Hence unchecked.
final class CurlTransfer: Transfer, @unchecked Sendable {
    let request: OriginRequest
    /// The loop's own half; touched on its thread only.
    var leg: Leg
    let loop: CurlLoop
    private let lock = NIOLock()
    private var mail = Mail()

    init(_ request: OriginRequest, on loop: CurlLoop) {
        self.request = request
        self.loop = loop
        leg = Leg(request)
    }

    func next() async -> OriginEvent {
        if let event = take() { return event }
        return await withUnsafeContinuation { continuation in
            if let event = take(or: continuation) { continuation.resume(returning: event) }
        }
    }

    private func take(or continuation: UnsafeContinuation<OriginEvent, Never>? = nil) -> OriginEvent? {
        let taken = lock.withLock {
            let taken = mail.take()
            if taken == nil, let continuation { mail.wait(continuation) }
            return taken
        }
        if let taken, taken.resume { loop.queue(.resumeAnswer(self)) }
        return taken?.event
    }

    func upload(_ bytes: [UInt8]) async {
        guard !bytes.isEmpty else { return }
        let (offer, isFull) = lock.withLock { (mail.offer(bytes), mail.isFull) }
        if offer == .acceptedAndStarved { loop.queue(.resumeUpload(self)) }
        guard isFull else { return }
        await withUnsafeContinuation { continuation in
            if !lock.withLock({ mail.wait(continuation) }) { continuation.resume() }
        }
    }

    func finishUpload() {
        if lock.withLock({ mail.finish() }) == .acceptedAndStarved { loop.queue(.resumeUpload(self)) }
    }

    func cancel() {
        if lock.withLock({ mail.cancel() }) { loop.queue(.cancel(self)) }
    }
}

// MARK: - The loop's side

extension CurlTransfer {
    /// Hands the turn's events over, and says whether reading may go on at once.
    func deliver(waking sleepers: inout [Sleeper]) -> Bool {
        let (events, bytes) = leg.takeEvents()
        return lock.withLock { mail.put(events, bytes: bytes, waking: &sleepers) }
    }

    /// Fails a transfer that no loop took; nobody can be waiting yet.
    func refuse(_ failure: OriginFailure) {
        var sleepers: [Sleeper] = []
        _ = lock.withLock { mail.put([.failed(failure)], bytes: 0, waking: &sleepers) }
        for sleeper in sleepers { sleeper.wake() }
    }

    func mustPause() -> Bool { lock.withLock { mail.mustPause(pending: leg.pendingBytes) } }

    func takeUpload(waking sleepers: inout [Sleeper]) -> Mail.Upload {
        lock.withLock { mail.takeUpload(waking: &sleepers) }
    }

    func endUpload(waking sleepers: inout [Sleeper]) { lock.withLock { mail.endUpload(waking: &sleepers) } }
}
