/// Passes an origin's answer to the client, event by event, and closes the hold before the client sees its last byte.
struct Relay<Answered: Client> {
    let passage: Passage
    let cutter: Cutter
    var scrubber: Scrubber
    let client: Answered

    private var figures = RelayFigures()
    private var answer = Answer()
    private var begun = false

    init(passage: Passage, cutter: Cutter, scrubber: Scrubber, client: Answered) {
        (self.passage, self.cutter, self.scrubber, self.client) = (passage, cutter, scrubber, client)
    }

    /// What is known of the answer: its status, and its content as far as the price needs it.
    private struct Answer {
        var status = 0
        var isStream = false
        /// The vendor says that it gave it before.
        var isRepeated = false
        /// The request to which it was given before.
        var original: IdempotentUse?
        /// Content to read the cost from; nil once it is too long, or not wanted.
        var judged: [UInt8]?
        /// The last piece, held back until the hold is closed: only for answers of a known length.
        var heldBack: [UInt8]?
        var holdsBack = false
    }

    private static var judgedLimit: Int { 256 * 1024 }

    mutating func run(_ transfer: any Transfer) async {
        while true {
            switch await transfer.next() {
            case .interim(let head): interim(head)
            case .head(let head):
                guard await begin(head) else { return refuseAnswer(transfer) }
            case .content(let bytes): await pass(bytes)
            case .end(let trailers): return await finish(trailers)
            case .failed(let failure): return await fail(failure)
            }
        }
    }

    /// 100 is ours to say; the others are the client's to know.
    private func interim(_ head: AnswerHead) {
        if head.status != 100, cutter.reason == nil { client.interim(cleaned(head)) }
    }

    private mutating func begin(_ head: AnswerHead) async -> Bool {
        figures.originStatus = head.status
        figures.firstByteAt = passage.sidecar.clock()
        figures.vendorRequestID = passage.permit.target.vendor.requestIDField.flatMap { head.fields[$0] }.map {
            String(bytes: scrubber.clean($0))
        }
        answer.status = head.status
        answer.isRepeated = passage.isRepeated(head.fields)
        answer.original = answer.isRepeated ? passage.original : nil
        figures.original = answer.original?.requestID
        // Neither was asked for, and neither could be scrubbed.
        guard !isEncoded(head), !isPartial(head) else { return false }
        answer.isStream = head.fields["content-type"].map { $0.starts(with: "text/event-stream".utf8) } ?? false
        if answer.isStream { cutter.streams() }
        answer.holdsBack = passage.hold.estimate > .zero && !answer.isStream
        answer.judged = passage.price.readsAnswer && (200..<300).contains(head.status) ? [] : nil
        if cutter.reason == nil {
            begun = true
            client.begin(cleaned(head))
        }
        return true
    }

    private func isEncoded(_ head: AnswerHead) -> Bool {
        guard head.framing != .none else { return false }
        return head.fields.list("content-encoding").contains { !$0.elementsEqual("identity".utf8) }
    }

    private func isPartial(_ head: AnswerHead) -> Bool { passage.permit.target.vendor.scrub && head.status == 206 }

    /// What the client gets to see of a head: no hop-by-hop fields, no way around us, no credential, our own marks.
    private func cleaned(_ head: AnswerHead) -> AnswerHead {
        var head = head
        let length = head.lengthWithoutContent
        HopByHop.remove(from: &head.fields)
        head.fields.removeAll { name in
            ASCII.equal(name, "alt-svc") || ASCII.begins(name, with: "cofferdam-")
                || ASCII.equal(name, "content-length")
        }
        if let length { head.fields.append("Content-Length", "\(length)") }
        head.fields = scrubber.clean(head.fields)
        head.reason = scrubber.clean(head.reason)
        guard head.status >= 200 else { return head }
        head.fields.append("Cofferdam-Request-Id", passage.docket.requestID.text)
        if passage.hold.estimate > .zero, let room = passage.hold.room {
            head.fields.append("Cofferdam-Remaining-Usd", room.decimal)
        }
        return head
    }

    /// What frames, routes or authenticates has no place in trailers (RFC 9110, section 6.5.1).
    private func cleaned(trailers: Fields) -> Fields {
        var trailers = trailers
        HopByHop.remove(from: &trailers)
        trailers.removeAll { name in
            ASCII.begins(name, with: "cofferdam-") || ASCII.begins(name, with: "content-")
                || ["host", "set-cookie", "authorization", "www-authenticate", "cache-control", "location", "alt-svc"]
                    .contains { ASCII.equal(name, $0) }
        }
        return scrubber.clean(trailers)
    }

    private mutating func pass(_ bytes: [UInt8]) async {
        figures.received += Int64(bytes.count)
        collect(bytes)
        let clean = scrubber.pass(bytes)
        guard answer.holdsBack else { return await write(clean) }
        if let earlier = answer.heldBack { await write(earlier) }
        answer.heldBack = clean
    }

    private mutating func collect(_ bytes: [UInt8]) {
        guard let count = answer.judged?.count else { return }
        if count + bytes.count <= Self.judgedLimit {
            answer.judged?.append(contentsOf: bytes)
        } else {
            answer.judged = nil
        }
    }

    private func write(_ bytes: [UInt8]) async {
        guard !bytes.isEmpty, cutter.reason == nil else { return }
        await client.write(bytes)
    }

    private mutating func finish(_ trailers: Fields) async {
        Failpoint.afterAnswer.reach()
        // The last byte and a revocation may come at once: what is on record is what the client gets.
        cutter.finished()
        figures.failure = cutter.reason?.code
        let told = told()
        let closing = await closing(told)
        figures.see(told, closing, passage.price, isRepeated: answer.isRepeated)
        passage.close(closing, figures)
        if let original = answer.original, let cost = originalCost(told) { await passage.resolve(original, cost) }
        guard figures.failure == nil else { return stopClient() }
        if let last = answer.heldBack { await write(last) }
        await write(scrubber.finish())
        client.end(cleaned(trailers: trailers))
    }

    /// What a repeated answer proves of the first request; nil when it proves nothing.
    private func originalCost(_ told: JSONValue?) -> Verdict.Cost? {
        if (200..<300).contains(answer.status) { return actual(told).map { .exactly($0) } ?? .estimate }
        return passage.permit.target.vendor.noCharge.contains(answer.status) ? Verdict.Cost.none : nil
    }

    /// What a whole answer proves.
    private func closing(_ told: JSONValue?) async -> Closing {
        // The vendor did not act a second time, whatever it answered the first time. That it acted then is proven now.
        if let original = answer.original, passage.hold.estimate > .zero {
            guard (200..<300).contains(answer.status), await passage.isUncounted(original) else { return .released }
        }
        if passage.hold.estimate == .zero, passage.price.estimate == .zero { return .settled(actual(told) ?? .zero) }
        if (200..<300).contains(answer.status) { return .settled(actual(told) ?? passage.price.estimate) }
        if passage.permit.target.vendor.noCharge.contains(answer.status) { return .released }
        return .inDoubt(evidence: "the vendor answered \(answer.status), which does not prove that it did not act")
    }

    /// What an answer proves that did not come whole: a status that says "no charge" is said at its beginning.
    private func broken(_ evidence: String) -> Closing {
        if passage.hold.estimate == .zero { return .settled(.zero) }
        return passage.permit.target.vendor.noCharge.contains(answer.status) ? .released : .inDoubt(evidence: evidence)
    }

    /// What a whole answer says, where the price is read from it; parts of it go on record.
    private func told() -> JSONValue? { answer.judged.flatMap { try? JSONValue.parse(scrubber.clean($0)) } }

    private func actual(_ told: JSONValue?) -> Money? { told.flatMap(passage.price.actual) }

    /// The origin failed, or the transfer was ended from our side.
    private mutating func fail(_ failure: OriginFailure) async {
        let refusal = cutter.reason.flatMap(\.refusal) ?? failure.refusal
        figures.failure = cutter.reason?.code ?? refusal.code
        figures.wasSent = failure.sent
        passage.close(failure.sent ? broken(failure.detail) : .released, figures)
        cutter.finished()
        guard cutter.reason != .clientGone else { return }
        passage.sidecar.activity.refused(refusal.code, run: passage.docket.caller?.title)
        if begun { client.cut(event: event(refusal)) } else { client.refuse(refusal, passage.docket.context) }
    }

    /// An answer that may not be passed on: encoded or partial although that was not asked for.
    private mutating func refuseAnswer(_ transfer: any Transfer) {
        transfer.cancel()
        figures.failure = Refusal.originProtocolError.code
        passage.close(broken("encoded or partial content that was not asked for"), figures)
        cutter.finished()
        passage.sidecar.activity.refused(Refusal.originProtocolError.code, run: passage.docket.caller?.title)
        client.refuse(.originProtocolError, passage.docket.context)
    }

    /// The transfer was drained to its end, but the client was cut meanwhile.
    private func stopClient() {
        guard let refusal = cutter.reason?.refusal else { return }
        passage.sidecar.activity.refused(refusal.code, run: passage.docket.caller?.title)
        if begun { client.cut(event: event(refusal)) } else { client.refuse(refusal, passage.docket.context) }
    }

    private func event(_ refusal: Refusal) -> String? {
        guard answer.isStream, let template = passage.permit.target.vendor.eventsError else { return nil }
        return Template.fill(template, refusal) + "\n\n"
    }
}

extension Cutter.Reason {
    /// What the client is told; nil when it is gone.
    var refusal: Refusal? {
        switch self {
        case .stopped(.revoked): .runRevoked
        case .stopped(.keyRevoked): .vaultKeyRevoked
        case .stopped(.ended): .runExpired
        case .stopped(.shutdown): .overloaded
        case .stopped(.stopped(let stop)): .stopped(stop.target.text, reason: stop.reason)
        case .malformed(let refusal): refusal
        case .clientGone: nil
        }
    }

    /// What the outcome's record says of it.
    var code: String { refusal?.code ?? "client_gone" }
}

extension OriginFailure {
    var refusal: Refusal {
        switch cause {
        case .unreachable: .originUnreachable
        case .tlsFailed: .originTLSFailed
        case .addressRefused: .originAddressRefused
        case .timeout: .originTimeout
        case .protocolError, .cut, .cancelled: .originProtocolError
        }
    }
}
