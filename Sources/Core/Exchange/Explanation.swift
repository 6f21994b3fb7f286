/// What would be decided on a request, each rule with its place; nothing is sent, held or recorded.
package struct Explanation: Sendable {
    package struct Step: Sendable, Equatable {
        /// `who`, `endpoint`, `price`, `cap`.
        package var what: String
        package var detail: String
        package var place: Place?
    }

    package var steps: [Step] = []
    /// nil: it would be allowed.
    package var refusal: Refusal?
}

/// A request that somebody wonders about.
package struct Question: Sendable {
    package var runID: String
    package var method: Method
    /// `https://api.stripe.com/v1/charges`.
    package var uri: String
    package var contentType: String?
    package var content: [UInt8] = []

    package init(runID: String, method: Method, uri: String) {
        (self.runID, self.method, self.uri) = (runID, method, uri)
    }
}

extension Sidecar {
    /// Takes the steps of the exchange, as far as they change nothing.
    package func explain(_ question: Question) async -> Explanation {
        var explanation = Explanation()
        do throws(Refusal) {
            try await explain(question, &explanation)
        } catch {
            explanation.refusal = error
        }
        return explanation
    }

    private func explain(_ question: Question, _ explanation: inout Explanation) async throws(Refusal) {
        let rules = self.rules
        let head = try question.head()
        let arrival = Arrival(head: head, way: .listener, lane: 0).endToEnd
        let target = try Binder(rules: rules).bind(arrival)
        let grant = try await grant(question.runID, target, rules)
        explanation.add("who", "run \(question.runID)", nil)
        try stops.check(grant.subject)
        let permit = try Permit.check(grant, target, head.fields, rules)
        explanation.add("endpoint", "\(permit.pattern.text), policy \(grant.policy?.name ?? "")", grant.policy?.place)
        let client = GivenContent(question.content)
        let content = try await Content.read(permit, head, client, ContentMeter(limit: rules.judgedContentLimit))
        try permit.checkFields(content)
        let desk = ObjectDesk(ledger: ledger, turns: objectTurns, inquiry: nil)
        let price = try await Pricing(rules: rules, desk: desk).estimate(permit, content, head.fields)
        explanation.add("price", "\(price.estimate) by rule \(price.ruleName)", target.operation?.place)
        try checkRoom(permit, price, &explanation)
    }

    /// The key that an exchange would give, without giving it.
    private func grant(_ runID: String, _ target: Target, _ rules: Rules) async throws(Refusal) -> Grant {
        let run = try await vault.named(runID)
        if run.revokedAt != nil { throw .runRevoked }
        guard let policy = rules.policy(for: runID, target.vendor.name) else {
            throw .vendorNotGranted(vendor: target.vendor.name)
        }
        let key: VaultKey
        do throws(TagProblem) { key = try vault.previewed(run, policy, rules) } catch {
            throw .malformedRequest("run \(runID): \(error.message)")
        }
        let caller = Caller(run: run, key: nil, program: nil)
        return try Grant(caller: caller, key: key, policy: policy, target, rules)
    }

    private func checkRoom(_ permit: Permit, _ price: Price, _ explanation: inout Explanation) throws(Refusal) {
        for cover in permit.covers {
            guard let balance = ledger.balances([cover.account]).first else { continue }
            for period in Period.allCases {
                guard let cap = cover.caps[period] else { continue }
                let sums = balance.sums(period)
                let detail = "\(sums.counted) + \(price.estimate) of \(cap) \(period.rawValue), \(cover.account.title)"
                explanation.add("cap", detail, cover.place)
                guard sums.counted + price.estimate <= cap else {
                    throw .capExhausted(
                        CapReached(
                            what: cover.account.title, period: period, cap: cap, spent: sums.spent, held: sums.held,
                            inDoubt: sums.inDoubt, asked: price.estimate, resetsAt: nil, place: cover.place))
                }
            }
        }
    }
}

extension Explanation {
    fileprivate mutating func add(_ what: String, _ detail: String, _ place: Place?) {
        steps.append(Step(what: what, detail: detail, place: place))
    }
}

extension Balance {
    /// What counts in a period; nothing is counted for one request.
    func sums(_ period: Period) -> Sums {
        switch period {
        case .day: today
        case .month: month
        case .total: total
        case .request: Sums()
        }
    }
}

extension Question {
    /// The request as a proxy client would send it, in absolute-form.
    fileprivate func head() throws(Refusal) -> RequestHead {
        guard let absolute = try AbsoluteForm(Array(uri.utf8)[...]) else {
            throw .malformedRequest("the request's URI is not https://HOST/PATH")
        }
        var fields = Fields([("Host", absolute.authority.text)])
        if let contentType { fields.append("Content-Type", contentType) }
        let framing: Framing = content.isEmpty ? .none : .fixed(Int64(content.count))
        return RequestHead(method: method, target: Array(uri.utf8), fields: fields, framing: framing)
    }
}

/// A client that has sent everything, and is told nothing.
private final class GivenContent: Client {
    private let rest: Guarded<[UInt8]?>

    init(_ content: [UInt8]) { rest = Guarded(content.isEmpty ? nil : content) }

    func read() async throws(Refusal) -> [UInt8]? {
        rest.withLockedValue { rest in
            defer { rest = nil }
            return rest
        }
    }

    func contentAtHand() -> [UInt8]? { nil }
    func contentAhead() -> [UInt8] { [] }
    func interim(_ head: AnswerHead) {}
    func begin(_ head: AnswerHead) {}
    func write(_ bytes: [UInt8]) async {}
    func end(_ trailers: Fields) {}
    func cut(event: String?) {}
    func unblock() {}
    func stop(_ refusal: Refusal, _ context: RefusalContext) {}
    func refuse(_ refusal: Refusal, _ context: RefusalContext) {}
}
