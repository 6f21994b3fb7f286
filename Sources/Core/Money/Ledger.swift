/// The port to the books. Whatever keeps them, a hold is durable before it returns.
package protocol Ledger: Sendable {
    /// Holds `entry.estimate` on every covering account and writes the decision, in one durable transaction.
    /// An estimate of zero holds nothing; its decision is durable against a crash of ours, not a power cut.
    /// - Throws: `.capExhausted` naming the first cap without room (nothing is held); `.storeUnavailable`.
    func hold(_ entry: HoldEntry) async throws(Refusal) -> Hold

    /// Closes a hold: balances at once, before this returns; its durable rows follow.
    /// Answers the smallest room that is left on the accounts with a cap. What came of the vendor's object goes on record
    /// with the outcome.
    @discardableResult
    func close(_ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord, _ seen: ObjectSeen?) -> Money?

    /// What is on record of a vendor's object, with every request that was closed before.
    func object(_ key: String) async throws(StoreFailure) -> ObjectRecord?

    /// Writes the record of a refusal; it may follow later.
    func record(_ refusal: DecisionRecord)

    /// Writes what an operator did between the records; it may follow later.
    func note(_ note: AuditNote)

    /// What is counted on these accounts now; accounts that were never used count nothing.
    func balances(_ accounts: [Account]) -> [Balance]

    /// The same for all accounts whose IDs begin with `prefix`, in the order of their IDs, behind the ID `after`.
    func balances(prefix: String, after: String?, limit: Int) async throws(StoreFailure) -> [Balance]

    /// Holds that wait for their answer (`.held`) or are in doubt.
    func holds(inDoubtOnly: Bool) async throws(StoreFailure) -> [OpenHold]

    /// Ends a hold that is in doubt, as an operator decides; durable when it returns. Answers the hold as it was, or nil
    /// when there is none of this request in doubt.
    func decide(_ requestID: String, _ verdict: Verdict) async throws(StoreFailure) -> OpenHold?

    /// Sums of what was spent, exact, and of what was refused. They outlive the records, and a day's sum agrees with the
    /// accounts: each closed request is in them once, each hold as long as it is open.
    /// - Throws: `StoreFailure.tooManyGroups` beyond `SpendQuestion.mostGroups`.
    func spend(_ question: SpendQuestion) async throws(StoreFailure) -> SpendReport

    /// The use of an idempotency key that is on record; also one that is over.
    func idempotentUse(_ key: SecretDigest) async throws(StoreFailure) -> IdempotentUse?

    /// Requests that are in doubt among the first use of an idempotency key, which is named, and its repetitions; the
    /// oldest first.
    func holdsInDoubt(under first: RequestID) async throws(StoreFailure) -> [RequestID]

    /// The repetitions of a first use, the oldest first; some hundred at most.
    func repetitions(of first: RequestID) async throws(StoreFailure) -> [RequestID]

    /// Those that still belong to somebody, the one that does longest first.
    func idempotentUses(liveAt now: Moment, limit: Int) async throws(StoreFailure) -> [IdempotentUse]

    /// Everything queued is written when this returns.
    func flush() async
}

extension Ledger {
    /// Closes a hold that is about no object of the vendor.
    @discardableResult
    package func close(_ hold: Hold, _ closing: Closing, _ outcome: OutcomeRecord) -> Money? {
        close(hold, closing, outcome, nil)
    }

    package func spend(_ question: SpendQuestion) async throws(StoreFailure) -> SpendReport {
        throw StoreFailure("this store keeps no sums")
    }
}

/// What to hold, and the decision that goes with it.
package struct HoldEntry: Sendable {
    package var requestID: RequestID
    package var estimate: Money
    package var covers: [Cover]
    package var decision: DecisionRecord
    /// The use of an idempotency key, to be written with it.
    package var use: Use?
    /// The vendor's object that is moved.
    package var object: HeldObject?
    /// All that the object comes to; nil without one. The cap of a single request is about this.
    package var whole: Money?

    package enum Use: Sendable, Equatable {
        case first(IdempotentUse)
        /// The same was asked before.
        case repeats(IdempotentUse)
    }

    package init(
        requestID: RequestID, estimate: Money, covers: [Cover], decision: DecisionRecord, use: Use? = nil
    ) {
        (self.requestID, self.estimate, self.covers, self.decision) = (requestID, estimate, covers, decision)
        self.use = use
    }
}

/// Money that is set aside for one request; only a ledger makes one.
package struct Hold: Sendable {
    package let requestID: RequestID
    package let estimate: Money
    package let covers: [Cover]
    /// A charge belongs to the day of its hold.
    package let period: SpendingPeriod
    /// The smallest room left on capped accounts after the hold; nil without caps.
    package let room: Money?
    package let object: HeldObject?

    package init(
        requestID: RequestID, estimate: Money, covers: [Cover], period: SpendingPeriod, room: Money?,
        object: HeldObject? = nil
    ) {
        (self.requestID, self.estimate, self.covers, self.period) = (requestID, estimate, covers, period)
        (self.room, self.object) = (room, object)
    }
}

/// The vendor's object that a hold is about.
package struct HeldObject: Sendable, Equatable {
    package var key: String
    /// What every covering account has counted of it before; the estimate comes on top.
    package var base: Money

    package init(key: String, base: Money) { (self.key, self.base) = (key, base) }

    /// What is known of it when its request ends without an answer that says it.
    package func after(_ closing: Closing) -> ObjectSeen? {
        switch closing {
        case .settled(let cost): ObjectSeen(key: key, total: base + cost, amount: nil)
        case .inDoubt: ObjectSeen(key: key, total: nil, amount: nil)
        case .released: nil
        }
    }
}

/// How a hold ends.
package enum Closing: Sendable, Equatable {
    /// The vendor acted; this is what it cost (it may be above the estimate: it counts whole).
    case settled(Money)
    /// It is proven that the vendor did not act.
    case released
    /// Nobody knows; it stays counted until an operator decides.
    case inDoubt(evidence: String)
}

/// What an operator knows of a request that was in doubt.
package struct Verdict: Sendable, Equatable {
    /// What it cost; nil when the vendor did not act, `estimate` for what was held.
    package enum Cost: Sendable, Equatable {
        case none
        case estimate
        case exactly(Money)
    }

    package var cost: Cost
    /// Who says so, and why.
    package var evidence: String

    package init(cost: Cost, evidence: String) { (self.cost, self.evidence) = (cost, evidence) }

    package func closing(_ estimate: Money) -> Closing {
        switch cost {
        case .none: .released
        case .estimate: .settled(estimate)
        case .exactly(let cost): .settled(cost)
        }
    }

    /// The row that joins the request's others: the last outcome counts.
    package func outcome(_ hold: Hold, at now: Moment, since start: Moment) -> OutcomeRecord {
        let closing = closing(hold.estimate)
        var cost = Money.zero
        if case .settled(let amount) = closing { cost = amount }
        var outcome = OutcomeRecord(
            at: now, requestID: hold.requestID, result: closing == .released ? "released" : "settled", cost: cost,
            duration: now - start)
        outcome.evidence = evidence
        return outcome
    }
}

/// What is counted on an account at this moment.
package struct Balance: Sendable, Equatable {
    package struct Sums: Sendable, Equatable {
        package var spent: Money = .zero
        package var held: Money = .zero
        package var inDoubt: Money = .zero

        package init() {}

        /// Everything that counts against a cap.
        package var counted: Money { spent + held + inDoubt }
    }

    package var account: Account
    package var today = Sums()
    package var month = Sums()
    package var total = Sums()

    package init(account: Account) { self.account = account }
}

/// A hold without its end, as `cofferdam holds` lists it.
package struct OpenHold: Sendable {
    package var requestID: String
    package var amount: Money
    package var inDoubt: Bool
    package var at: Moment
    package var runID: String?
    package var keyID: String?
    package var label: String?
    package var vendor: String
    package var operation: String
    package var evidence: String

    package init(
        requestID: String, amount: Money, inDoubt: Bool, at: Moment, runID: String?, keyID: String?, label: String?,
        vendor: String, operation: String, evidence: String
    ) {
        (self.requestID, self.amount, self.inDoubt, self.at) = (requestID, amount, inDoubt, at)
        (self.runID, self.keyID, self.label) = (runID, keyID, label)
        (self.vendor, self.operation, self.evidence) = (vendor, operation, evidence)
    }
}

/// A store that can't do what it must; the cause is for status and log (`disk full`, `database is locked`).
package struct StoreFailure: Error, Sendable, Equatable {
    package var cause: String

    package init(_ cause: String) { self.cause = cause }

    /// A question that would need more memory than it may have.
    package static let tooManyGroups = StoreFailure("too many groups")
}
