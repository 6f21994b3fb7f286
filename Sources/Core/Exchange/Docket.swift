/// What is known of a request so far, for its records and its refusal.
struct Docket: Sendable {
    let requestID: RequestID
    let startedAt: Moment
    let method: Method
    var target: Target?
    var caller: Caller?
    var grant: Grant?
    var permit: Permit?
    /// When it was permitted, and under which rules.
    var permittedAt: Moment
    var revision = 0
    var price: Price?
    /// What a policy would have said that only watches.
    var observed: Refusal?

    init(_ arrival: Arrival, at now: Moment) {
        (requestID, startedAt, permittedAt, method) = (RequestID(at: now), now, now, arrival.head.method)
    }

    var context: RefusalContext {
        RefusalContext(requestID: requestID, target: target, identified: caller != nil)
    }

    func holdEntry(_ permit: Permit, _ price: Price, _ claim: IdempotencyKeys.Claim) -> HoldEntry {
        var entry = HoldEntry(
            requestID: requestID, estimate: price.estimate, covers: permit.covers, decision: allowed, use: claim.entry)
        if let object = price.object {
            (entry.covers, entry.object, entry.whole) = (object.covers(permit.covers), object.held, object.whole)
        }
        return entry
    }

    private var allowed: DecisionRecord {
        var record = common(DecisionRecord.allowed)
        (record.observed, record.reason) = (observed?.code, observed?.message)
        record.decidedBy = policy ?? grant.map { "key \($0.key.id)" }
        return record
    }

    func decision(_ refusal: Refusal) -> DecisionRecord {
        var record = common(refusal.code)
        record.reason = Self.short(refusal.message)
        record.decidedBy = policy
        if case .capExhausted(let cap) = refusal {
            record.decidedBy = Place.text("\(cap.period.rawValue) cap of \(cap.what)", cap.place)
            record.estimate = cap.asked
        }
        return record
    }

    /// A record takes so much of what a client wrote.
    private static func short(_ text: String) -> String {
        text.utf8.count <= 1024 ? text : String(decoding: text.utf8.prefix(1024), as: UTF8.self) + "…"
    }

    private var policy: String? { grant?.policy?.title }

    private func common(_ code: String) -> DecisionRecord {
        var record = DecisionRecord(
            at: startedAt, requestID: requestID, method: method.rawValue, path: Self.short(target?.path.text ?? ""),
            code: code)
        record.runID = grant?.runID ?? caller?.run?.id
        record.keyID = grant?.key.id ?? caller?.key?.id
        record.label = grant?.key.label ?? caller?.key?.label
        record.tags = grant?.tagsText ?? caller.flatMap { Tag.text($0.key?.tags ?? $0.run?.tags ?? [:]) }
        record.program = caller?.program
        record.vendor = target?.vendor.name
        record.policy = grant?.key.policy ?? grant?.policy?.name
        record.operation = target?.operation?.name
        record.priceRule = price?.title
        record.estimate = price?.estimate ?? .zero
        return record
    }
}
