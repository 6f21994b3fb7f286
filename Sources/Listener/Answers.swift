package import Core

/// The only map from a refusal to HTTP.
package enum Answers {
    /// A refusal as a whole answer.
    package struct Whole: Sendable {
        package var head: AnswerHead
        package var content: [UInt8]
    }

    package static func answer(_ refusal: Refusal, _ context: RefusalContext) -> Whole {
        let status = self.status(refusal, context.vendor)
        let content = self.content(refusal, context, status)
        var fields = Fields()
        fields.append(
            "Content-Type", context.vendor?.errorTemplate == nil ? problem : context.vendor?.errorContentType ?? problem
        )
        fields.append("Proxy-Status", "cofferdam; error=http_request_denied; details=\"\(refusal.code)\"")
        if let id = context.requestID { fields.append("Cofferdam-Request-Id", id.text) }
        advise(refusal, &fields)
        let head = AnswerHead(
            status: status, reason: AnswerHead.reason(refusal.message), fields: fields,
            framing: .fixed(Int64(content.count)))
        return Whole(head: head, content: content)
    }

    private static let problem = "application/problem+json"

    /// A vendor may want its own status for a reached cap.
    private static func status(_ refusal: Refusal, _ vendor: Vendor?) -> Int {
        if case .capExhausted = refusal { return vendor?.capStatus ?? refusal.status }
        return refusal.status
    }

    /// Whether and when to try again. SDKs retry 429 and 502 by themselves unless they are told not to.
    private static func advise(_ refusal: Refusal, _ fields: inout Fields) {
        switch refusal {
        case .proxyAuthenticationRequired:
            fields.append("Proxy-Authenticate", "Basic realm=\"cofferdam\"")
        case .credentialMissing, .vaultKeyInvalid, .vaultKeyExpired, .vaultKeyRevoked:
            fields.append("WWW-Authenticate", "Bearer realm=\"cofferdam\"")
            forbidRetry(&fields)
        case .storeUnavailable, .overloaded: fields.append("Retry-After", "1")
        case .credentialUnavailable: fields.append("Retry-After", "30")
        case .originUnreachable, .originTimeout, .originProtocolError, .requestTimeout: break
        case .methodNotAllowed:
            fields.append("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
            forbidRetry(&fields)
        case .malformedRequest, .pathNotCanonical, .amountAmbiguous, .endpointNotAllowed, .accountNotAllowed,
            .fieldNotAllowed, .replayOfAnother, .hostNotAllowed, .vendorNotGranted, .costUnknown, .ceilingExceeded,
            .runRevoked,
            .runExpired, .stopped,
            .unknownVendor,
            .contentTooLarge, .headTooLarge, .authorityMismatch, .capExhausted, .upgradeNotSupported,
            .originTLSFailed, .originAddressRefused:
            forbidRetry(&fields)
        }
    }

    private static func forbidRetry(_ fields: inout Fields) {
        fields.append("x-should-retry", "false")
        fields.append("Stripe-Should-Retry", "false")
    }

    private static func content(_ refusal: Refusal, _ context: RefusalContext, _ status: Int) -> [UInt8] {
        let standard = object(refusal, context, status)
        guard let template = context.vendor?.errorTemplate else { return JSONValue.object(standard).bytes }
        let filled = Array(Template.fill(template, refusal, status: status).utf8)
        guard case .object(let own)? = try? JSONValue.parse(filled) else { return filled }
        return JSONValue.object(merged(standard, own)).bytes
    }

    /// The vendor's members over ours, which a null takes away; `code` stays ours, since clients test it.
    private static func merged(_ ours: [JSONValue.Member], _ own: [JSONValue.Member]) -> [JSONValue.Member] {
        var members = ours
        for member in own where member.key != "code" {
            if member.value == .null {
                members.removeAll { $0.key == member.key }
            } else if let at = members.firstIndex(where: { $0.key == member.key }) {
                members[at] = member
            } else {
                members.append(member)
            }
        }
        return members
    }

    private static func object(_ refusal: Refusal, _ context: RefusalContext, _ status: Int) -> [JSONValue.Member] {
        let code = JSONValue.string(refusal.code)
        let message = JSONValue.string(refusal.message)
        var members: [JSONValue.Member] = [
            .init("type", .string("urn:cofferdam:\(refusal.code)")), .init("title", .string(refusal.title)),
            .init("status", .number(String(status))), .init("code", code), .init("message", message),
            // Where RFC 9457 has its readers look.
            .init("detail", message),
            .init("error", .object([.init("type", code), .init("code", code), .init("message", message)])),
        ]
        if let id = context.requestID { members.append(.init("request_id", .string(id.text))) }
        return context.identified ? members + details(refusal) : members
    }

    private static func details(_ refusal: Refusal) -> [JSONValue.Member] {
        switch refusal {
        case .endpointNotAllowed(let attempted, let allowed):
            return [
                .init("allowed_endpoints", .array(allowed.map(JSONValue.string))),
                .init("attempted", .string(attempted)),
            ]
        case .ceilingExceeded(let excess): return [.init("limit", .string(excess.limit))]
        case .capExhausted(let cap):
            return [
                .init("cap_usd", number(cap.cap)), .init("spent_usd", number(cap.spent)),
                .init("held_usd", number(cap.held)), .init("in_doubt_usd", number(cap.inDoubt)),
                .init("asked_usd", number(cap.asked)),
                .init("resets_at", cap.resetsAt.map { .string(UTC.text($0)) } ?? .null),
            ]
        default: return []
        }
    }

    /// Dollars as the shortest JSON number: `500`, `499.5`.
    private static func number(_ money: Money) -> JSONValue {
        var text = money.decimal
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return .number(text)
    }
}
