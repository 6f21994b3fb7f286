// Asking the vendor what an object holds, before a request that moves it is priced.

extension Exchange {
    func desk(_ arrival: Arrival) -> ObjectDesk {
        ObjectDesk(ledger: sidecar.ledger, turns: sidecar.objectTurns) { [origin] move, permit, _ throws(Refusal) in
            try await Inquiry(move: move, permit: permit).ask(origin, arrival)
        }
    }
}

/// A GET of ours, with the real credential, in the account that the request selects.
private struct Inquiry {
    let move: ObjectMove
    let permit: Permit

    /// An object is a few KiB.
    private static let limit = 1 << 20
    private static let patience = Span.seconds(15)

    /// - Throws: `.costUnknown` when the vendor does not tell, and what a request to it may end with.
    func ask(_ origin: any Origin, _ arrival: Arrival) async throws(Refusal) -> ObjectAmount {
        let path = try CanonicalPath(Array(move.path.utf8)[...])
        var request = Outgoing(permit: permit).inquiry(path, arrival)
        request.dial.firstByteTimeout = min(request.dial.firstByteTimeout, Self.patience)
        request.dial.idleTimeout = min(request.dial.idleTimeout, Self.patience)
        let transfer = origin.send(request)
        defer { transfer.cancel() }
        let (status, content) = try await answer(transfer)
        guard status == 200 else { throw unknown("the vendor answers \(status) when asked for \(move.id)") }
        guard let object = try? JSONValue.parse(content), let amount = move.kind.content(of: object) else {
            throw unknown("the vendor does not tell the amount of \(move.id)")
        }
        return amount
    }

    private func answer(_ transfer: any Transfer) async throws(Refusal) -> (Int, [UInt8]) {
        var (status, content) = (0, [UInt8]())
        while true {
            switch await transfer.next() {
            case .interim: continue
            case .head(let head): status = head.status
            case .content(let bytes):
                content += bytes
                guard content.count <= Self.limit else { throw unknown("the vendor's \(move.id) is too long") }
            case .end: return (status, content)
            case .failed(let failure): throw failure.refusal
            }
        }
    }

    private func unknown(_ reason: String) -> Refusal { permit.target.costUnknown(reason) }
}
