/// Resend's emails, one or many: JSON in, nothing but identifiers out.
struct ResendLike {
    private var kept: [String: JSON] = [:]

    mutating func answer(_ request: VendorRequest, _ accepted: inout [Accepted]) -> VendorAnswer? {
        guard request.method == "POST" else { return nil }
        let emails: [JSON]
        switch request.segments {
        case ["emails"]: emails = request.json.map { [$0] } ?? []
        case ["emails", "batch"]: emails = request.json?.array ?? []
        default: return nil
        }
        guard !emails.isEmpty, emails.allSatisfy({ $0["to"] != nil && $0["from"] != nil }) else { return Self.refusal }
        let key = request.head.value("idempotency-key")
        if let key, let kept = kept[key] { return .json(200, kept) }
        let sent = emails.map { Self.send($0, &accepted) }
        let body: JSON = request.segments.count == 1 ? sent[0] : ["data": .array(sent)]
        if let key { kept[key] = body }
        return .json(200, body)
    }

    private static func send(_ email: JSON, _ accepted: inout [Accepted]) -> JSON {
        let id = Identifier.uuid()
        let recipients = ["to", "cc", "bcc"].compactMap { email[$0]?.strings.count }.reduce(0, +)
        accepted.append(Accepted(id: id, object: "email", amount: recipients, currency: "recipients"))
        return ["id": .string(id)]
    }

    private static let refusal = VendorAnswer.json(
        422,
        [
            "statusCode": 422, "name": "missing_required_field", "message": "Missing `to` or `from` field.",
        ])
}
