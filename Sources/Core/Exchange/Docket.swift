/// What is known of a request so far, for its records and its refusal.
struct Docket: Sendable {
    let requestID: RequestID
    let startedAt: Moment
    let method: Method
    var target: Target?
    var caller: Caller?
    var grant: Grant?
    var permit: Permit?
    var price: Price?

    init(_ arrival: Arrival, at now: Moment) {
        (requestID, startedAt, method) = (RequestID(at: now), now, arrival.head.method)
    }

    var context: RefusalContext {
        RefusalContext(requestID: requestID, vendor: target?.vendor, identified: caller != nil)
    }

    func holdEntry(_ permit: Permit, _ price: Price) -> HoldEntry {
        HoldEntry(requestID: requestID, estimate: price.estimate, covers: permit.covers, decision: allowed)
    }

    private var allowed: DecisionRecord {
        var record = common(DecisionRecord.allowed)
        record.decidedBy = policy ?? grant.map { "key \($0.key.id)" }
        return record
    }

    func decision(_ refusal: Refusal) -> DecisionRecord {
        var record = common(refusal.code)
        record.reason = refusal.message
        record.decidedBy = policy
        if case .capExhausted(let cap) = refusal {
            record.decidedBy = Self.at("\(cap.period.rawValue) cap of \(cap.what)", cap.place)
            record.estimate = cap.asked
        }
        return record
    }

    private var policy: String? { grant?.policy.map { Self.at("policy \($0.name)", $0.place) } }

    /// With the line that says so: `policy billing (proxy.conf:12)`.
    private static func at(_ what: String, _ place: Place?) -> String { place.map { "\(what) (\($0))" } ?? what }

    private func common(_ code: String) -> DecisionRecord {
        var record = DecisionRecord(
            at: startedAt, requestID: requestID, method: method.rawValue, path: target?.path.text ?? "", code: code)
        record.runID = grant?.runID ?? caller?.run?.id
        record.keyID = grant?.key.id ?? caller?.key?.id
        record.label = grant?.key.label ?? caller?.key?.label
        record.program = caller?.program
        record.vendor = target?.vendor.name
        record.policy = grant?.policy?.name
        record.operation = target?.operation?.name
        record.priceRule = price.map { Self.at($0.ruleName, target?.operation?.place) }
        record.estimate = price?.estimate ?? .zero
        return record
    }
}
