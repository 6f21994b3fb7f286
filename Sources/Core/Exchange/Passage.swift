/// One request on its way: it is sent once, its answer is passed on, and its hold is closed, whatever happens.
struct Passage: Sendable {
    let sidecar: Sidecar
    let permit: Permit
    let price: Price
    let hold: Hold
    let docket: Docket

    func forward(
        _ arrival: Arrival, _ content: Content, through origin: any Origin, to client: some Client
    ) async {
        let credential = permit.grant.credential
        sidecar.activity.allowed()
        let request = Outgoing(permit: permit).request(arrival, content)
        let transfer = origin.send(request)
        let cutter = Cutter(
            transfer: transfer, mayDrain: hold.estimate > .zero, client: client, context: docket.context)
        let ticket = sidecar.inFlight.enter(entry(cutter))
        defer { sidecar.inFlight.leave(ticket) }
        let scrubber = permit.target.vendor.scrub ? Scrubber(credential, scheme: permit.target.vendor.scheme) : Scrubber()
        var relay = Relay(passage: self, cutter: cutter, scrubber: scrubber, client: client)
        await withTaskCancellationHandler {
            if case .streamed = content.outgoing {
                async let upload: Void = Self.pump(client, into: transfer, cutter)
                await relay.run(transfer)
                // An answer may come before the content's end; then nobody wants the rest.
                client.unblock()
                await upload
            } else {
                await relay.run(transfer)
            }
        } onCancel: {
            cutter.clientGone()
        }
    }

    private func entry(_ cutter: Cutter) -> InFlight.Entry {
        InFlight.Entry(
            runID: permit.grant.runID, keyIDs: [permit.grant.key.id], vendor: permit.target.vendor.name,
            cut: { cutter.cut($0) })
    }

    /// Passes the client's content on; a client that breaks its framing breaks the transfer.
    private static func pump(_ client: some Client, into transfer: any Transfer, _ cutter: Cutter) async {
        do throws(Refusal) {
            while !cutter.isOver, let piece = try await client.read() { await transfer.upload(piece) }
            if !cutter.isOver { transfer.finishUpload() }
        } catch {
            cutter.malformed(error)
        }
    }

    /// Closes the hold and writes the outcome; answers the room that is left.
    @discardableResult
    func close(_ closing: Closing, _ relay: RelayFigures) -> Money? {
        let now = sidecar.clock()
        var cost = Money.zero
        if case .settled(let amount) = closing { cost = amount }
        var outcome = OutcomeRecord(
            at: now, requestID: docket.requestID, result: closing.name(free: hold.estimate == .zero), cost: cost,
            duration: now - docket.startedAt)
        relay.write(to: &outcome, since: docket.startedAt)
        if case .inDoubt(let evidence) = closing { outcome.evidence = evidence }
        sidecar.activity.spent(cost, by: docket.caller?.title ?? "")
        return sidecar.ledger.close(hold, closing, outcome)
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

    func write(to outcome: inout OutcomeRecord, since start: Moment) {
        (outcome.originStatus, outcome.vendorRequestID, outcome.failure) = (originStatus, vendorRequestID, failure)
        outcome.receivedBytes = received
        outcome.firstByte = firstByteAt.map { $0 - start }
    }
}
