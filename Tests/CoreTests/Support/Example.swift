@testable import Core

/// A vendor and rules that hold something of everything.
enum Example {
    static let credential = "sk_test_51Hq/+pleaseKeepThis"

    static func vendor() -> Vendor {
        var vendor = Vendor(name: "stripe")
        vendor.hosts = ["api.stripe.com", "files.stripe.com"]
        vendor.credential = Secret(Array(credential.utf8))
        vendor.formOnly = true
        vendor.versionPrefix = "v1"
        vendor.pinnedFields = ["stripe-account"]
        vendor.versionFields = ["stripe-version"]
        vendor.minorUnits = ["jpy": 0, "mga": 0, "bhd": 3]
        vendor.noCharge = [400, 402]
        vendor.idempotency = Idempotency(
            field: "idempotency-key", window: .seconds(86_400), ownerWindow: .seconds(7 * 86_400),
            mark: ("idempotent-replayed", "true"))
        vendor.requestIDField = "request-id"
        vendor.eventsError = "event: error\ndata: {\"code\":\"{code}\"}"
        vendor.objectID = JSONPath("id")
        vendor.objects = [
            "payment_intent": ObjectKind(path: "/v1/payment_intents/{id}"),
            "charge": ObjectKind(path: "/v1/charges/{id}"),
        ]
        vendor.operations = operations + objectOperations
        return vendor
    }

    private static var objectOperations: [Core.Operation] {
        let confirm = ObjectRule(inPath: "payment_intent")
        var (update, capture, increment) = (confirm, confirm, confirm)
        (update.amount, update.currency, update.moves) = ("amount", "currency", .given)
        (capture.amount, capture.answerAmount) = ("amount_to_capture", JSONPath("amount_received"))
        increment.amount = "amount"
        var refund = ObjectRule(parameters: [("charge", "charge"), ("payment_intent", "payment_intent")])
        (refund.amount, refund.moves) = ("amount", .again)
        return [
            operation("payment_intents.update", "POST /v1/payment_intents/*", .object(update)),
            operation("payment_intents.confirm", "POST /v1/payment_intents/*/confirm", .object(confirm)),
            operation("payment_intents.capture", "POST /v1/payment_intents/*/capture", .object(capture)),
            operation("payment_intents.increment", "POST /v1/payment_intents/*/increment", .object(increment)),
            operation("refunds.create", "POST /v1/refunds", .object(refund)),
        ]
    }

    private static var operations: [Core.Operation] {
        var transfer = AmountRule(amount: "amount", currency: "currency")
        transfer.forbidden = ["application_fee_amount"]
        transfer.creates = "payment_intent"
        return [
            operation("payment_intents.create", "POST /v1/payment_intents", .amount(transfer)),
            operation("payment_intents.search", "GET /v1/payment_intents/search", .free),
            operation("payment_intents.fetch", "GET /v1/payment_intents/*", .free),
            operation("lookups.fetch", "GET /v1/lookups/*", .flat(FlatRule(usd: Money(micros: 5000)))),
            operation("files.create", "POST /v1/files", .flat(FlatRule(usd: .dollars(1)))),
            operation("streams.create", "POST /v1/streams", .flat(FlatRule(usd: .dollars(2)))),
            operation("customers.create", "POST /v1/customers", .free),
            operation("links.create", "POST /v1/payment_links", .unknown("it can be paid any number of times")),
            operation("ephemeral_keys.create", "POST /v1/ephemeral_keys", .free, sensitive: "mints a key"),
            operation("tokens.mint", "POST /v1/tokens:mint", .free, sensitive: "mints a token"),
            operation("accounts.close", "DELETE /v1/account", .free, refused: "ends the account"),
        ]
    }

    private static func operation(
        _ name: String, _ endpoint: String, _ price: PriceRule, sensitive: String? = nil, refused: String? = nil
    ) -> Core.Operation {
        guard let pattern = try? EndpointPattern(endpoint, exact: true) else { preconditionFailure(endpoint) }
        var operation = Core.Operation(name: name, endpoint: pattern)
        (operation.price, operation.sensitive, operation.refused) = (price, sensitive, refused)
        return operation
    }

    /// A vendor that wants Basic, and whose account stands in the path.
    static func telephone() -> Vendor {
        var vendor = Vendor(name: "twilio")
        vendor.hosts = ["api.twilio.com"]
        vendor.scheme = .basic
        vendor.credential = Secret(Array("AC123:topsecretpassword".utf8))
        (vendor.accountInPath, vendor.account) = ("/2010-04-01/Accounts/{account}", "AC123")
        return vendor
    }

    static func rules() -> Rules {
        var rules = Rules()
        var absent = Vendor(name: "absent")
        absent.hosts = ["api.absent.com"]
        rules.vendors = ["stripe": vendor(), "twilio": telephone(), "absent": absent]
        rules.policies = [policy(), policy("phones", vendor: "twilio"), policy("gone", vendor: "absent")]
        rules.trusted = [
            TrustedProgram(name: "django", digest: SecretDigest(of: "program-secret"), runs: Glob("billing-*"))
        ]
        rules.ownRuns = ["billing-7", "billing-9"]
        rules.tunnels = [TunnelRule(host: "pypi.org", port: 443)]
        rules.rates["eur"] = Money(micros: 1_100_000)
        rules.rates["jpy"] = Money(micros: 6700)
        rules.ownAuthorities = ["127.0.0.1:4700", "localhost:4700"]
        return rules
    }

    static func policy(_ name: String = "billing", vendor: String = "stripe", _ endpoints: [String] = ["/*"]) -> Policy
    {
        var policy = Policy(
            name: name, runs: Glob("billing-*"), vendor: vendor,
            endpoints: endpoints.compactMap { try? EndpointPattern($0) })
        policy.caps = Caps(daily: .dollars(100))
        policy.fingerprint = "1"
        return policy
    }
}

extension Money {
    static func dollars(_ count: Int64) -> Money { Money(micros: count * 1_000_000) }
}

extension Moment {
    /// 2026-11-24T12:00:00Z.
    static let start = Moment(seconds: 1_795_521_600)
}
