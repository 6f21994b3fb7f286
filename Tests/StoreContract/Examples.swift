package import Core

extension Money {
    package static func dollars(_ count: Int64) -> Money { Money(micros: count * 1_000_000) }
}

extension Account {
    package static func key(_ id: String) -> Account { Account(kind: .key, id: "key:\(id)", title: "key \(id)") }
    package static func run(_ id: String) -> Account {
        Account(kind: .policy, id: "policy:billing:\(id)", title: "run \(id)")
    }
}

extension Cover {
    package static var everything: Cover { Cover(account: .everything, caps: Caps(), place: nil) }

    package static func key(_ id: String, _ caps: Caps) -> Cover { Cover(account: .key(id), caps: caps, place: nil) }
    package static func run(_ id: String, _ caps: Caps) -> Cover {
        Cover(account: .run(id), caps: caps, place: Place(file: "proxy.conf", line: 12))
    }
}

extension DecisionRecord {
    package static func example(
        _ id: String = RequestID(at: .start).text, at: Moment = .start, run: String? = "billing-7",
        label: String? = "billing-7", code: String = DecisionRecord.allowed
    ) -> DecisionRecord {
        var record = DecisionRecord(
            at: at, requestID: RequestID(id), method: "POST", path: "/v1/payment_intents", code: code)
        (record.runID, record.keyID, record.label, record.vendor) = (run, "vk_1", label, "stripe")
        (record.operation, record.decidedBy) = ("payment_intents.create", "policy billing (proxy.conf:12)")
        return record
    }
}

extension OutcomeRecord {
    package static func example(_ hold: Hold, _ result: String = "settled", cost: Money = .zero) -> OutcomeRecord {
        OutcomeRecord(at: .start, requestID: hold.requestID, result: result, cost: cost, duration: .milliseconds(38))
    }
}

extension HoldEntry {
    package static func example(_ estimate: Money, _ covers: [Cover], _ decision: DecisionRecord = .example())
        -> HoldEntry
    {
        HoldEntry(requestID: decision.requestID, estimate: estimate, covers: covers, decision: decision)
    }
}

extension VaultKey {
    package static func example(_ id: String, label: String = "billing-7", lives: Span = .hours(1)) throws -> VaultKey {
        var key = VaultKey(
            id: id, digest: SecretDigest(of: "token of \(id)"), label: label, vendor: "stripe",
            endpoints: [try EndpointPattern("POST /v1/payment_intents"), try EndpointPattern("/v1/charges/*")],
            caps: Caps(daily: .dollars(500), request: Money(micros: 12_345)), createdAt: .start,
            expiresAt: .start + lives, runID: "billing-7", policy: "billing", policyFingerprint: "f1")
        key.pinned = ["stripe-account": ["acct_1"]]
        key.tags = ["tenant": "acme", "user": "4=2"]
        return key
    }
}

extension Run {
    package static func example(_ id: String) -> Run {
        var run = Run(
            id: id, digest: SecretDigest(of: "secret of \(id)"), createdAt: .start, deadline: .start + .days(1),
            lease: .seconds(30))
        run.tags = ["tenant": "acme corp", "user": "4=2"]
        return run
    }
}
