/// One request on its way: it is sent once, its answer is passed on, and its hold is closed, whatever happens.
final class Passage: Sendable {
    let sidecar: Sidecar
    let permit: Permit
    let price: Price
    let claim: IdempotencyKeys.Claim
    let hold: Hold
    let docket: Docket
    private let drainTime: Duration

    /// Bytes of content that the origin was given.
    private let uploaded = Guarded(Int64(0))

    init(
        sidecar: Sidecar, permit: Permit, price: Price, claim: IdempotencyKeys.Claim, hold: Hold, docket: Docket,
        drainTime: Duration
    ) {
        (self.sidecar, self.permit, self.price, self.claim) = (sidecar, permit, price, claim)
        (self.hold, self.docket, self.drainTime) = (hold, docket, drainTime)
    }

    /// Whether the vendor marks an answer with these fields as one that it gave before.
    func isRepeated(_ answer: Fields) -> Bool { permit.target.vendor.idempotency?.marks(answer) == true }

    /// The request that asked for the same before, under the same key.
    var original: IdempotentUse? { if case .repeats(let first) = claim { first } else { nil } }

    /// Whether what the vendor repeats is counted nowhere. Where that can't be found out it counts.
    func isUncounted(_ original: IdempotentUse) async -> Bool {
        (try? await sidecar.idempotencyKeys.isReleased(original, but: docket.requestID)) ?? true
    }

    /// A repeated answer tells what the requests under its key came to that are in doubt: the vendor acted once.
    func resolve(_ original: IdempotentUse, _ cost: Verdict.Cost) async {
        let evidence = "the vendor repeated its answer to \(docket.requestID)"
        // What can't be found out or written stays in doubt, and counted.
        guard let inDoubt = try? await sidecar.idempotencyKeys.inDoubt(original) else { return }
        for attempt in inDoubt where attempt != docket.requestID {
            guard let settled = try? await sidecar.idempotencyKeys.isSettled(original) else { return }
            let verdict = Verdict(cost: settled ? .none : cost, evidence: evidence)
            let decided = (try? await sidecar.ledger.decide(attempt.text, verdict)) ?? nil
            if decided != nil, verdict.cost != .none { sidecar.idempotencyKeys.settled(claim) }
        }
    }

    func forward(
        _ arrival: Arrival, _ content: Content, through origin: any Origin, to client: some Client
    ) async {
        let moves = hold.estimate > .zero || price.object != nil
        let cutter = Cutter(mayDrain: moves, drainTime: drainTime, client: client, context: docket.context)
        let ticket = sidecar.inFlight.enter(entry(cutter))
        defer { sidecar.inFlight.leave(ticket) }
        // Content can take minutes to arrive. A revocation before this line is seen here, a later one finds the entry.
        if let refusal = fallen { return withdraw(refusal, client) }
        sidecar.activity.allowed()
        let transfer = origin.send(Outgoing(permit: permit).request(arrival, content))
        cutter.begin(transfer)
        var relay = Relay(passage: self, cutter: cutter, scrubber: permit.target.vendor.scrubber, client: client)
        await withTaskCancellationHandler {
            await pass(content, client, transfer, cutter, &relay)
        } onCancel: {
            cutter.clientGone()
        }
    }

    /// Why it may not be sent after all.
    private var fallen: Refusal? {
        if let refusal = sidecar.vault.fallen(runID: permit.grant.runID, key: permit.grant.key) { return refusal }
        do { try sidecar.stops.check(permit.grant.subject) } catch { return error }
        return isCappedLower ? .overloaded : nil
    }

    /// Whether a cap was lowered between the permit and here: with the next request it holds.
    private var isCappedLower: Bool {
        guard docket.revision != sidecar.revision else { return false }
        let before = permit.covers
        return permit.grant.covers(permit.target, sidecar.rules).contains { now in
            let old = before.first { $0.account == now.account }?.caps ?? Caps()
            return now.caps.narrowed(to: old) != old
        }
    }

    private func pass<Answered: Client>(
        _ content: Content, _ client: Answered, _ transfer: any Transfer, _ cutter: Cutter,
        _ relay: inout Relay<Answered>
    ) async {
        if case .whole(let bytes) = content.outgoing { count(bytes) }
        guard case .streamed = content.outgoing else { return await relay.run(transfer) }
        async let upload: Void = pump(client, content.watch, into: transfer, cutter)
        await relay.run(transfer)
        // An origin may answer before it has all of the content, and the client may wait for that answer with the rest.
        client.unblock()
        await upload
    }

    /// Nothing was sent, and nothing will be.
    private func withdraw(_ refusal: Refusal, _ client: some Client) {
        var figures = RelayFigures()
        (figures.failure, figures.wasSent) = (refusal.code, false)
        close(.released, figures)
        sidecar.activity.refused(refusal.code, run: docket.caller?.title)
        client.refuse(refusal, docket.context)
    }

    private func entry(_ cutter: Cutter) -> InFlight.Entry {
        InFlight.Entry(permit.grant.subject, keyIDs: [permit.grant.key.id]) { cutter.cut($0) }
    }

    /// Passes the client's content on; a client that breaks its framing breaks the transfer.
    private func pump(
        _ client: some Client, _ watch: ContentWatch?, into transfer: any Transfer, _ cutter: Cutter
    ) async {
        var watch = watch
        do throws(Refusal) {
            while !cutter.isOver, let piece = try await client.read() {
                try permit.target.check(watch?.see(piece))
                count(piece)
                await transfer.upload(piece)
            }
            try permit.target.check(watch?.finish())
            // Half of a request is not worth the wait for its answer; at the end of a transfer this does nothing.
            if cutter.isOver { transfer.cancel() } else { transfer.finishUpload() }
        } catch {
            cutter.malformed(error)
            // Half of it is with the vendor, and the rest will not come.
            transfer.cancel()
        }
    }

    private func count(_ bytes: [UInt8]) { uploaded.withLockedValue { $0 += Int64(bytes.count) } }

    /// Closes the hold and writes the outcome; answers the room that is left.
    @discardableResult
    func close(_ closing: Closing, _ relay: RelayFigures) -> Money? {
        let now = sidecar.clock()
        var cost = Money.zero
        if case .settled(let amount) = closing { cost = amount }
        var outcome = OutcomeRecord(
            at: now, requestID: docket.requestID, result: closing.name(free: hold.estimate == .zero && cost == .zero),
            cost: cost,
            duration: now - docket.startedAt)
        relay.write(to: &outcome, since: docket.startedAt)
        if relay.wasSent { outcome.sentBytes = uploaded.withLockedValue { $0 } }
        outcome.objectID = relay.objectID
        outcome.evidence = relay.original.map { "a repetition of \($0): the vendor did not act again" }
        if case .inDoubt(let evidence) = closing { outcome.evidence = evidence }
        if case .settled = closing { sidecar.idempotencyKeys.settled(claim) }
        sidecar.activity.spent(cost, by: docket.caller?.title ?? "")
        Failpoint.beforeSettle.reach()
        return sidecar.ledger.close(hold, closing, outcome, relay.seen ?? hold.object?.after(closing))
    }
}

extension Closing {
    fileprivate func name(free: Bool) -> String {
        switch self {
        case .settled: free ? "free" : "settled"
        case .released: "released"
        case .inDoubt: "in_doubt"
        }
    }
}

/// What happened to a transfer, for its outcome record.
struct RelayFigures: Sendable {
    var originStatus: Int?
    var vendorRequestID: String?
    var failure: String?
    var received: Int64 = 0
    var firstByteAt: Moment?
    /// The request to which the vendor gave this answer before.
    var original: RequestID?
    /// The vendor's object that the answer is about, and what is to be remembered of it.
    var objectID: String?
    var seen: ObjectSeen?
    /// Whether the origin may have got anything.
    var wasSent = true

    func write(to outcome: inout OutcomeRecord, since start: Moment) {
        (outcome.originStatus, outcome.vendorRequestID, outcome.failure) = (originStatus, vendorRequestID, failure)
        outcome.receivedBytes = received
        outcome.firstByte = firstByteAt.map { $0 - start }
    }

    /// Takes what a settled request's answer says of the object.
    mutating func see(_ told: JSONValue?, _ closing: Closing, _ price: Price, isRepeated: Bool) {
        guard case .settled(let cost) = closing else { return }
        objectID = told.flatMap(price.objectID)
        seen = price.seen(told, cost: cost, isRepeated: isRepeated)
    }
}
