/// The way of a request, and the order is the product: each step takes the proof of the one before.
package struct Exchange: Sendable {
    package let sidecar: Sidecar
    package let origin: any Origin
    /// nil: its virtual host is a host like any other.
    package let keyService: (any KeyService)?
    /// How long the answer to what moves money is waited for once nobody wants it.
    let drainTime: Duration

    package init(
        sidecar: Sidecar, origin: any Origin, keyService: (any KeyService)? = nil, drainTime: Duration = .seconds(30)
    ) {
        (self.sidecar, self.origin, self.keyService, self.drainTime) = (sidecar, origin, keyService, drainTime)
    }

    /// Serves one request, whichever way it came in. In doubt it refuses; it never throws.
    package func answer(_ arrival: Arrival, _ client: some Client) async {
        var rules = sidecar.rules
        var docket = Docket(arrival, at: sidecar.clock())
        var admitted: String?
        // Whatever becomes of it, another may be served, and move the same object of the vendor.
        defer {
            docket.price?.object?.turn?.end()
            if let admitted { sidecar.requests.leave(admitted) }
        }
        Failpoint.afterParse.reach()
        do throws(Refusal) {
            if try await serveKeys(arrival, rules, client) { return }
            let target = try Binder(rules: rules).bind(arrival)
            docket.target = target
            if target.onVirtualHost { try await checkOpener(arrival, rules) }
            let caller = try await Authenticator(vault: sidecar.vault, rules: rules).identify(arrival, target)
            docket.caller = caller
            try sidecar.requests.enter(caller.title)
            admitted = caller.title
            if target.isSelf { return await tellSelf(caller, target, rules, client) }
            try sidecar.stops.check(caller.subject(target, rules))
            warnOfRealCredential(arrival.head.fields, target, caller)
            let (received, arrival) = (arrival, arrival.endToEnd)
            docket.grant = try await Grant.make(caller, target, rules, sidecar.vault)
            var permit = try permit(&docket, received, arrival, rules)
            let meter = ContentMeter(limit: rules.judgedContentLimit, sidecar.contentBytes, caller.title)
            let content = try await Content.read(permit, arrival.head, client, meter)
            if isStale(docket) {
                rules = try freshRules(rules)
                permit = try await permitAgain(&docket, received, arrival, rules)
            }
            let unfit = try permit.fieldsObserved(content)
            let price = try await Pricing(rules: rules, desk: desk(arrival)).estimate(
                permit, content, arrival.head.fields)
            docket.price = price
            docket.observed =
                permit.observed ?? unfit ?? price.observed ?? permit.overrun(price.estimate, sidecar.ledger)
            let use = try IdempotentUse.of(permit, arrival.head, content, docket.requestID, at: docket.startedAt)
            let claim = try await sidecar.idempotencyKeys.claim(use)
            let hold = try await hold(docket.holdEntry(permit, price, claim), claim)
            // From here on money is held: what follows returns values, it does not throw.
            let passage = Passage(
                sidecar: sidecar, permit: permit, price: price, claim: claim, hold: hold, docket: docket,
                drainTime: drainTime)
            await passage.forward(arrival, content, through: origin, to: client)
        } catch {
            refuse(error, docket, client)
        }
    }

    /// A key whose request is refused was not used.
    private func hold(_ entry: HoldEntry, _ claim: IdempotencyKeys.Claim) async throws(Refusal) -> Hold {
        Failpoint.beforeHold.reach()
        defer { Failpoint.afterHold.reach() }
        do { return try await sidecar.ledger.hold(entry) } catch {
            sidecar.idempotencyKeys.drop(claim)
            throw error
        }
    }

    /// An agent that has a real credential could go round us.
    private func warnOfRealCredential(_ fields: Fields, _ target: Target, _ caller: Caller) {
        let vendor = target.vendor
        guard vendor.showsRealCredential(fields, target.shownKeys) else { return }
        sidecar.warnOnce("\(caller.title) shows what looks like a real \(vendor.name) credential; it is not used")
    }

    /// Answers with a refusal, counts it, and records it when the caller is known.
    private func refuse(_ refusal: Refusal, _ docket: Docket, _ client: some Client) {
        sidecar.activity.refused(refusal.code, run: docket.caller?.title)
        if let caller = docket.caller, sidecar.refusalMeter.mayRecord(caller.title, at: docket.startedAt) {
            sidecar.ledger.record(docket.decision(refusal))
        }
        client.refuse(refusal, docket.context)
    }
}
