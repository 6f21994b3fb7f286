/// The first row of a request: what was decided, before anything is sent.
package struct DecisionRecord: Sendable, Equatable {
    package var at: Moment
    package var requestID: RequestID
    package var runID: String?
    package var keyID: String?
    package var label: String?
    /// As `Tag.text` writes them.
    package var tags: String?
    /// The trusted program that named the run.
    package var program: String?
    package var vendor: String?
    package var operation: String?
    package var method: String
    /// Canonical path without the query.
    package var path: String
    /// `allowed` or a refusal's code.
    package var code: String
    /// The policy that the run falls under for this vendor.
    package var policy: String?
    /// The refusal's code that a policy would have given which only watches.
    package var observed: String?
    /// What decided: `policy billing (proxy.conf:12)`, `run billing-7 daily cap (proxy.conf:17)`.
    package var decidedBy: String?
    /// Why, in the refusal's own words.
    package var reason: String?
    package var priceRule: String?
    package var estimate: Money
    package var room: Money?

    package init(at: Moment, requestID: RequestID, method: String, path: String, code: String) {
        (self.at, self.requestID, self.method, self.path, self.code) = (at, requestID, method, path, code)
        estimate = .zero
    }

    package static let allowed = "allowed"
    /// Not a request: see `AuditRecord.init(sequence:note:)`.
    package static let note = "note"
}

/// The second row of a request that was sent: what came of it.
package struct OutcomeRecord: Sendable, Equatable {
    package var at: Moment
    package var requestID: RequestID
    /// `settled`, `released`, `in_doubt`, or `free`.
    package var result: String
    package var cost: Money
    package var room: Money?
    package var originStatus: Int?
    package var vendorRequestID: String?
    /// The vendor's object that a settled request made or moved.
    package var objectID: String?
    /// The code of a refusal that the client got instead of the origin's answer (`origin_timeout`), or `cut`.
    package var failure: String?
    package var evidence: String?
    package var sentBytes: Int64
    package var receivedBytes: Int64
    package var firstByte: Span?
    package var duration: Span

    package init(at: Moment, requestID: RequestID, result: String, cost: Money, duration: Span) {
        (self.at, self.requestID, self.result, self.cost) = (at, requestID, result, cost)
        (self.duration, sentBytes, receivedBytes) = (duration, 0, 0)
    }
}

/// One request as readers see it: its decision and, once there is one, its outcome. Or a note between them.
package struct AuditRecord: Sendable, Equatable {
    package var sequence: Int64
    package var decision: DecisionRecord
    package var outcome: OutcomeRecord?

    package init(sequence: Int64, decision: DecisionRecord, outcome: OutcomeRecord?) {
        (self.sequence, self.decision, self.outcome) = (sequence, decision, outcome)
    }

    /// A note in the place of a decision, with its text for a reason.
    package init(sequence: Int64, note: AuditNote) {
        var decision = DecisionRecord(
            at: note.at, requestID: RequestID(""), method: "", path: "", code: DecisionRecord.note)
        (decision.runID, decision.keyID, decision.reason) = (note.runID, note.keyID, note.text)
        self.init(sequence: sequence, decision: decision, outcome: nil)
    }

    package var isNote: Bool { decision.code == DecisionRecord.note }
}

/// Which records to read.
package struct AuditFilter: Sendable {
    package var label: Glob?
    package var runID: Glob?
    package var keyID: String?
    package var vendor: String?
    /// `allowed`, `refused`, `in_doubt`, `note`, `observed` (allowed, but a policy that watches would have refused), or
    /// one refusal code.
    package var decision: String?
    package var tags: [String: Glob] = [:]
    package var requestID: String?
    package var since: Moment?
    package var until: Moment?
    /// Who asks; nil sees everything.
    package var viewer: Viewer?

    package init() {}

    /// The part of the filter that only the whole record can answer; a store does the rest.
    package func fits(_ record: AuditRecord) -> Bool {
        guard viewer?.mayReach(record) ?? true else { return false }
        guard tags.isEmpty || tags.fit(Tag.read(record.decision.tags)) else { return false }
        switch decision {
        case "in_doubt": return record.outcome?.result == "in_doubt"
        case "observed": return record.decision.observed != nil
        default: return true
        }
    }

    /// What a store narrows `decision` to, before `fits` is asked.
    package var decisionCode: String? { decision == "observed" ? DecisionRecord.allowed : decision }
}

/// The port to the records.
package protocol AuditStore: Sendable {
    /// Oldest first, after the sequence number `after`; at most `limit`. With `newest`, the last `limit` ones, oldest first.
    func records(_ filter: AuditFilter, after: Int64?, newest: Bool, limit: Int) async throws(StoreFailure)
        -> [AuditRecord]
    /// Walks the whole chain.
    func verify() async throws(StoreFailure) -> ChainVerdict
    /// The rows of a time, for an export: no row of it is left out, some before and after may be in it.
    func stretch(since: Moment?, until: Moment?) async throws(StoreFailure) -> ChainStretch
    /// Rows of the chain behind `after`, up to and with `last`; at most `limit`.
    func links(after: Int64, upTo last: Int64, limit: Int) async throws(StoreFailure) -> [ChainLink]
}

extension AuditStore {
    package func stretch(since: Moment?, until: Moment?) async throws(StoreFailure) -> ChainStretch {
        throw StoreFailure("this store exports no chain")
    }

    package func links(after: Int64, upTo last: Int64, limit: Int) async throws(StoreFailure) -> [ChainLink] {
        throw StoreFailure("this store exports no chain")
    }
}

/// What walking the hash chain found.
package enum ChainVerdict: Sendable, Equatable {
    /// Each row that is there follows from the one before, the first from the last that was pruned.
    case intact(rows: Int64, pruned: PrunedRows? = nil)
    /// The first row that was changed or removed, and how it shows.
    case broken(row: Int64, why: String)
}
