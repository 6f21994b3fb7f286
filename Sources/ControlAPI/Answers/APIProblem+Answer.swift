internal import Core

extension APIProblem {
    /// The problem in the shape that every refusal of the sidecar has.
    var answer: APIAnswer {
        let (status, code, title) = heading
        var members: [(String, JSONValue?)] = [
            ("type", .string("urn:cofferdam:" + code)), ("title", .string(title)), ("status", .count(status)),
            ("code", .string(code)), ("message", .string(message)),
            ("error", .fields([("type", .string(code)), ("code", .string(code)), ("message", .string(message))])),
        ]
        if case .field(let name, _) = self { members.append(("field", .string(name))) }
        if case .keyIssuedBefore(let id) = self { members.append(("key_id", .string(id))) }
        if let excess { members.append(("limit", .string(excess.limit))) }
        var answer = APIAnswer.json(status, .fields(members))
        answer.contentType = "application/problem+json"
        answer.fields = extraFields
        answer.reason = message
        return answer
    }

    private var excess: Excess? {
        switch self {
        case .beyondCeiling(let excess, _), .beyondPolicy(let excess): excess
        default: nil
        }
    }

    private var heading: (status: Int, code: String, title: String) {
        switch self {
        case .malformed, .field: (400, "malformed_request", "Malformed request")
        case .requestTimeout: (408, "request_timeout", "Request timeout")
        case .foreignHost: (421, "authority_mismatch", "Not our name")
        case .foreignOrigin: (403, "origin_not_allowed", "Web page refused")
        case .contentType: (415, "content_type_not_supported", "Content type not supported")
        case .contentTooLarge: (413, "content_too_large", "Content too large")
        case .tokenMissing: (401, "credential_missing", "Token missing")
        case .tokenUnknown: (401, "credential_invalid", "Token not known")
        case .agentCredential: (403, "agent_credential", "An agent's credential")
        case .roleTooSmall: (403, "role_not_allowed", "The token's role is not enough")
        case .beyondCeiling: (403, "ceiling_exceeded", "Beyond the issuer's ceiling")
        case .beyondPolicy: (403, "ceiling_exceeded", "Beyond the policy")
        case .unknownPath: (404, "not_found", "No such path")
        case .methodNotAllowed: (405, "method_not_allowed", "Method not allowed")
        case .unknownKey: (404, "unknown_key", "No such key")
        case .unknownRun: (404, "unknown_run", "No such run")
        case .unknownRequest: (404, "unknown_request", "No such request")
        case .unknownBudget: (404, "unknown_budget", "No such budget")
        case .unknownStop: (404, "unknown_stop", "No such stop")
        case .unknownToken: (404, "unknown_token", "No such token")
        case .tokenExists: (409, "token_exists", "Token exists")
        case .tokensUnreadable, .tokensUnwritable: (503, "tokens_unavailable", "Tokens can't be changed")
        case .notInDoubt: (404, "not_in_doubt", "Nothing in doubt")
        case .stopped: (403, "stopped", "Stopped by an operator")
        case .runExists: (409, "run_exists", "Run is alive")
        case .runRevoked: (409, "run_revoked", "Run is revoked")
        case .runOver: (409, "run_over", "Run is over")
        case .keyNotExchanged: (409, "key_not_exchanged", "Nothing to reopen")
        case .idempotencyKeyReused: (422, "idempotency_key_reused", "Idempotency-Key was used before")
        case .keyIssuedBefore: (409, "key_issued_before", "Key was issued before")
        case .configurationRejected: (422, "configuration_rejected", "Configuration rejected")
        case .storeUnavailable: (503, "store_unavailable", "Store unavailable")
        }
    }

    private var message: String {
        switch self {
        case .malformed(let message): message
        case .field(let name, let what): "\(name): \(what)"
        case .requestTimeout: "No whole request head came in time."
        case .foreignHost:
            "This Host is not one that the admin listener answers to; use its own address, such as 127.0.0.1:4701."
        case .foreignOrigin: "Requests that a web page makes are refused."
        case .contentType: "Send JSON with Content-Type: application/json."
        case .contentTooLarge(let limit): "The content is longer than \(limit) bytes."
        case .tokenMissing: "Send Authorization: Bearer TOKEN; the master token is in the file token of state_dir."
        case .tokenUnknown: "This token is not known (any more); the master token is in the file token of state_dir."
        case .agentCredential:
            "A run's secret or a vault key can't be used here; the control API takes its own tokens only."
        case .roleTooSmall(let needed, let bearer):
            "This call needs the role \(needed.rawValue); \(bearer.name) has the role \(bearer.role.rawValue)."
        case .beyondCeiling(let excess, let bearer): "\(excess.message) That is the ceiling of \(bearer.name)."
        case .beyondPolicy(let excess): "\(excess.message) What is ordered under a policy may only have less."
        case .unknownPath: "There is nothing at this path."
        case .methodNotAllowed(let allowed): "Here go only: \(allowed.joined(separator: ", "))."
        case .unknownKey(let id): "There is no key \(id)."
        case .unknownRun(let id): "There is no run \(id)."
        case .unknownRequest(let id): "There is no record of a request \(id)."
        case .unknownBudget(let name, let known):
            "There is no budget \(name); configured are: \(known.isEmpty ? "none" : known)."
        case .unknownStop(let id): "There is no stop \(id) now."
        case .unknownToken(let name): "There is no token \(name)."
        case .tokenExists(let name): "There is a token \(name) already; rotate it, or remove it first."
        case .tokensUnreadable, .tokensUnwritable: "The file of the tokens can't be read or written; /status says why."
        case .notInDoubt(let id): "No hold of request \(id) is in doubt; it may have been decided already."
        case .stopped(let stop):
            "An operator stopped \(stop.target.text)\(stop.reason.isEmpty ? "" : " (\(stop.reason))"); no key is issued. Do not retry."
        case .runExists(let id): "Run \(id) is alive; end it first, or choose another ID."
        case .runRevoked(let id): "Run \(id) was revoked; only an operator brings it back: cofferdam resume run=\(id)"
        case .runOver(let id): "Run \(id) has ended or its deadline has passed; register it again."
        case .keyNotExchanged(let id):
            "Key \(id) was not made by exchange, so its revocation blocks no run; issue a new key instead."
        case .idempotencyKeyReused:
            "This Idempotency-Key was used for another content; no key was issued."
        case .keyIssuedBefore(let id):
            "Key \(id) was issued for this Idempotency-Key; its token was shown once and is kept nowhere. Revoke it, or use another Idempotency-Key."
        case .configurationRejected(let problem): "The configuration was not taken, the running one stays: \(problem)"
        case .storeUnavailable: "The store can't be read or written; /status says why."
        }
    }

    private var extraFields: [(String, String)] {
        switch self {
        case .tokenMissing, .tokenUnknown: [("WWW-Authenticate", "Bearer realm=\"cofferdam\"")]
        case .methodNotAllowed(let allowed): [("Allow", allowed.joined(separator: ", "))]
        case .storeUnavailable: [("Retry-After", "1")]
        default: []
        }
    }
}
