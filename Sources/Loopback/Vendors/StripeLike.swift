internal import FoundationEssentials

/// The part of Stripe's API that moves money, and what surrounds it: form encoded in, JSON out.
struct StripeLike {
    private struct Kept {
        let request: String
        let status: Int
        let body: JSON
        let id: String
    }

    private var objects: [String: JSON] = [:]
    private var customers: [String] = []
    private var payments: [String] = []
    private var kept: [String: Kept] = [:]

    mutating func answer(_ request: VendorRequest, _ accepted: inout [Accepted]) -> VendorAnswer? {
        let requestID = Field("Request-Id", Identifier.make("req_", 14))
        let key = request.method == "POST" ? request.head.value("idempotency-key") : nil
        let wanted = "\(request.head.target) \(String(decoding: request.content, as: UTF8.self))"
        if let key, let kept = kept[key] { return replay(kept, key, wanted, requestID) }
        guard let (status, body) = act(request, &accepted) else { return nil }
        if let key, status == 200 || status == 402 {
            kept[key] = Kept(request: wanted, status: status, body: body, id: requestID.value)
        }
        let echoed = key.map { [Field("Idempotency-Key", $0)] } ?? []
        return .json(status, [requestID] + echoed, body)
    }

    private func replay(_ kept: Kept, _ key: String, _ wanted: String, _ requestID: Field) -> VendorAnswer {
        guard kept.request == wanted else {
            let message: JSON =
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
            return .json(400, [requestID], ["error": ["type": "idempotency_error", "message": message]])
        }
        let fields = [
            requestID, Field("Idempotency-Key", key), Field("Idempotent-Replayed", "true"),
            Field("Original-Request", kept.id),
        ]
        return .json(kept.status, fields, kept.body)
    }

    private mutating func act(_ request: VendorRequest, _ accepted: inout [Accepted]) -> (Int, JSON)? {
        let form = request.form
        switch (request.method, Array(request.segments.dropFirst())) {
        case ("POST", ["payment_intents"]): return pay("payment_intent", "pi_", form, &accepted)
        case ("POST", ["charges"]): return pay("charge", "ch_", form, &accepted)
        case ("POST", ["payouts"]): return pay("payout", "po_", form, &accepted)
        case ("POST", ["transfers"]): return pay("transfer", "tr_", form, &accepted)
        case ("POST", ["refunds"]): return refund(form, &accepted)
        case ("POST", ["customers"]): return makeCustomer(form)
        case ("GET", ["customers"]): return list("/v1/customers", customers, request.query)
        case ("GET", ["payment_intents"]): return list("/v1/payment_intents", payments, request.query)
        case ("GET", ["balance"]): return (200, Self.balance)
        case ("GET", let path) where path.count == 2: return find(path[0], path[1])
        case ("POST", let path) where path.count == 3: return step(path[0], path[1], path[2], form)
        default: return nil
        }
    }

    // MARK: Money

    private mutating func pay(
        _ kind: String, _ prefix: String, _ form: FormContent, _ accepted: inout [Accepted]
    ) -> (Int, JSON) {
        guard let text = form["amount"] else { return Self.missing("amount") }
        guard let amount = Int(text), amount > 0 else {
            return Self.invalid("Invalid integer: \(text)", "amount", code: "parameter_invalid_integer")
        }
        guard let currency = form["currency"]?.lowercased() else { return Self.missing("currency") }
        if amount == 402 { return Self.declined }
        let id = Identifier.make(prefix)
        accepted.append(Accepted(id: id, object: kind, amount: amount, currency: currency))
        let object = Self.object(id, kind, amount, currency, status: Self.status(kind, form), form)
        objects[id] = object
        if kind == "payment_intent" { payments.append(id) }
        return (200, object)
    }

    private mutating func refund(_ form: FormContent, _ accepted: inout [Accepted]) -> (Int, JSON) {
        guard let paid = form["payment_intent"] ?? form["charge"] else { return Self.missing("payment_intent") }
        guard let object = objects[paid], let whole = object["amount"]?.int else { return Self.noSuch(paid) }
        let left = whole - (object["amount_refunded"]?.int ?? 0)
        guard let amount = form["amount"].map({ Int($0) }) ?? left, amount > 0, amount <= left else {
            return Self.invalid("Refund amount is greater than what is left", "amount", code: "amount_too_large")
        }
        let currency = object["currency"]?.string ?? "usd"
        let id = Identifier.make("re_")
        accepted.append(Accepted(id: id, object: "refund", amount: amount, currency: currency))
        objects[paid] = object.with("amount_refunded", .int(whole - left + amount))
        let refund = Self.object(id, "refund", amount, currency, status: "succeeded", form).with(
            object["object"]?.string ?? "charge", .string(paid))
        objects[id] = refund
        return (200, refund)
    }

    /// Confirming, capturing and cancelling change the status; the amount was accepted when the object was made.
    private mutating func step(_ kind: String, _ id: String, _ verb: String, _ form: FormContent) -> (Int, JSON)? {
        guard let object = objects[id] else { return Self.noSuch(id) }
        let changed: JSON
        switch (kind, verb) {
        case ("payment_intents", "confirm"): changed = object.with("status", "succeeded")
        case ("payment_intents", "capture"): changed = object.with("status", "succeeded")
        case ("payment_intents", "cancel"), ("payouts", "cancel"): changed = object.with("status", "canceled")
        case ("charges", "capture"): changed = object.with("captured", true)
        default: return nil
        }
        objects[id] = changed
        return (200, changed)
    }

    private static func status(_ kind: String, _ form: FormContent) -> String {
        switch (kind, form["confirm"], form["capture_method"]) {
        case ("payment_intent", "true", "manual"): "requires_capture"
        case ("payment_intent", "true", _): "succeeded"
        case ("payment_intent", _, _):
            form["payment_method"] == nil ? "requires_payment_method" : "requires_confirmation"
        case ("payout", _, _): "pending"
        default: "succeeded"
        }
    }

    private static func object(
        _ id: String, _ kind: String, _ amount: Int, _ currency: String, status: String, _ form: FormContent
    ) -> JSON {
        let received = kind == "payment_intent" && status == "succeeded" ? amount : 0
        let object: JSON = [
            "id": .string(id), "object": .string(kind), "amount": .int(amount), "amount_received": .int(received),
            "amount_refunded": 0, "created": .int(Int(Date().timeIntervalSince1970)), "currency": .string(currency),
            "customer": form["customer"].map(JSON.string) ?? .null,
            "description": form["description"].map(JSON.string) ?? .null, "livemode": false,
            "metadata": metadata(form), "status": .string(status),
        ]
        guard kind == "payment_intent" else { return object }
        return object.with("client_secret", .string("\(id)_secret_\(Identifier.make("", 25))"))
    }

    private static func metadata(_ form: FormContent) -> JSON {
        .object(
            form.pairs.filter { $0.name.hasPrefix("metadata[") && $0.name.hasSuffix("]") }.map {
                JSON.Member(name: String($0.name.dropFirst(9).dropLast()), value: .string($0.value))
            })
    }

    // MARK: The rest

    private mutating func makeCustomer(_ form: FormContent) -> (Int, JSON) {
        let id = Identifier.make("cus_", 14)
        let customer: JSON = [
            "id": .string(id), "object": "customer", "created": .int(Int(Date().timeIntervalSince1970)),
            "email": form["email"].map(JSON.string) ?? .null, "livemode": false, "metadata": Self.metadata(form),
            "name": form["name"].map(JSON.string) ?? .null,
        ]
        objects[id] = customer
        customers.append(id)
        return (200, customer)
    }

    /// The newest ones, of one customer where the query names one.
    private func list(_ url: String, _ ids: [String], _ query: [String: String]) -> (Int, JSON) {
        let limit = query["limit"].flatMap { Int($0) } ?? 10
        let found = ids.reversed().compactMap { objects[$0] }
            .filter { query["customer"] == nil || $0["customer"]?.string == query["customer"] }
        let page: JSON = [
            "object": "list", "url": .string(url), "has_more": .bool(found.count > limit),
            "data": .array(Array(found.prefix(limit))),
        ]
        return (200, page)
    }

    private func find(_ kind: String, _ id: String) -> (Int, JSON)? {
        guard ["payment_intents", "charges", "refunds", "payouts", "transfers", "customers"].contains(kind) else {
            return nil
        }
        return objects[id].map { (200, $0) } ?? Self.noSuch(id)
    }

    private static let balance: JSON = [
        "object": "balance", "available": [["amount": 1_000_000, "currency": "usd"]], "livemode": false,
        "pending": [["amount": 0, "currency": "usd"]],
    ]

    // MARK: Errors

    private static let declined: (Int, JSON) = (
        402,
        [
            "error": [
                "type": "card_error", "code": "card_declined", "decline_code": "generic_decline",
                "message": "Your card was declined.",
            ]
        ]
    )

    private static func missing(_ name: String) -> (Int, JSON) {
        invalid("Missing required param: \(name).", name, code: "parameter_missing")
    }

    private static func noSuch(_ id: String) -> (Int, JSON) {
        let (_, body) = invalid("No such object: '\(id)'", "id", code: "resource_missing")
        return (404, body)
    }

    private static func invalid(_ message: String, _ name: String, code: String) -> (Int, JSON) {
        (
            400,
            [
                "error": [
                    "type": "invalid_request_error", "code": .string(code), "message": .string(message),
                    "param": .string(name),
                ]
            ]
        )
    }
}
