extension Refusal {
    /// The stable name that programs test.
    package var code: String { words.code }

    /// A few words that are the same for every refusal of this code.
    package var title: String { words.title }

    package var status: Int { words.status }

    private var words: (code: String, status: Int, title: String) {
        switch self {
        case .malformedRequest: ("malformed_request", 400, "Malformed request")
        case .pathNotCanonical: ("path_not_canonical", 400, "Path is not canonical")
        case .amountAmbiguous: ("amount_ambiguous", 400, "Amount can't be read with certainty")
        case .credentialMissing: ("credential_missing", 401, "No vault key or run credential")
        case .vaultKeyInvalid: ("vault_key_invalid", 401, "Vault key is not valid")
        case .vaultKeyExpired: ("vault_key_expired", 401, "Vault key has expired")
        case .vaultKeyRevoked: ("vault_key_revoked", 401, "Vault key was revoked")
        case .endpointNotAllowed: ("endpoint_not_allowed", 403, "Endpoint is not allowed")
        case .accountNotAllowed: ("account_not_allowed", 403, "Account, mode or version is not allowed")
        case .fieldNotAllowed: ("field_not_allowed", 403, "Field is not allowed")
        case .replayOfAnother: ("replay_of_another", 403, "Idempotency key of another")
        case .hostNotAllowed: ("host_not_allowed", 403, "Host is not allowed")
        case .vendorNotGranted: ("vendor_not_granted", 403, "No policy grants this vendor")
        case .costUnknown: ("cost_unknown", 403, "Cost is unknown")
        case .ceilingExceeded: ("ceiling_exceeded", 403, "Beyond the issuer's ceiling")
        case .runRevoked: ("run_revoked", 403, "Run was revoked")
        case .runExpired: ("run_expired", 403, "Run has ended")
        case .stopped: ("stopped", 403, "Stopped by an operator")
        case .unknownVendor: ("unknown_vendor", 404, "Unknown vendor")
        case .methodNotAllowed: ("method_not_allowed", 405, "Method is not allowed")
        case .proxyAuthenticationRequired: ("proxy_authentication_required", 407, "Proxy authentication required")
        case .requestTimeout: ("request_timeout", 408, "Request took too long")
        case .contentTooLarge: ("content_too_large", 413, "Content is too large")
        case .headTooLarge: ("head_too_large", 431, "Head is too large")
        case .authorityMismatch: ("authority_mismatch", 421, "Authorities do not agree")
        case .capExhausted: ("cap_exhausted", 429, "Spend cap reached")
        case .upgradeNotSupported: ("upgrade_not_supported", 501, "Upgrade is not supported")
        case .originUnreachable: ("origin_unreachable", 502, "Origin can't be reached")
        case .originTLSFailed: ("origin_tls_failed", 502, "Origin's TLS can't be verified")
        case .originAddressRefused: ("origin_address_refused", 502, "Origin's address is refused")
        case .originProtocolError: ("origin_protocol_error", 502, "Origin broke the protocol")
        case .originTimeout: ("origin_timeout", 504, "Origin took too long")
        case .storeUnavailable: ("store_unavailable", 503, "Store can't be written")
        case .credentialUnavailable: ("credential_unavailable", 503, "Vendor's credential is unavailable")
        case .overloaded: ("overloaded", 503, "Too much at once")
        }
    }

    /// One sentence for people: what happened, and what to do about it. Made of our own words and checked values.
    package var message: String {
        switch self {
        case .malformedRequest(let what): "The request can't be accepted: \(what)."
        case .pathNotCanonical(let what): "The path can be read in more than one way: it has \(what)."
        case .amountAmbiguous(let what): "The amount can't be read with certainty: \(what). Nothing was sent."
        case .credentialMissing: "Show a vault key, or a run's proxy credential."
        case .vaultKeyInvalid: "The credential is not a live vault key."
        case .vaultKeyExpired: "The vault key has expired; issue a new one."
        case .vaultKeyRevoked: "The vault key was revoked; an operator must reopen it."
        case .endpointNotAllowed(let attempted, _):
            "Operation \"\(attempted)\" is not permitted by this vault key's policy."
        case .accountNotAllowed(let field):
            "\(field) selects an account, mode or version that the policy does not list under pinned."
        case .fieldNotAllowed(let field, let why): "This key is bound to certain values of \"\(field)\": \(why)."
        case .replayOfAnother: "The idempotency key was used by another run; take a new one. Nothing was sent."
        case .hostNotAllowed(let host): "\(host) is not a configured vendor; add it to egress.tunnel to let it through."
        case .vendorNotGranted(let vendor): "No policy grants this run or key the vendor \(vendor)."
        case .costUnknown(let reason, let line):
            "The cost is unknown (\(reason)) and a cap applies. To price it: \(line)"
        case .ceilingExceeded(let excess): excess.message
        case .runRevoked: "The run was revoked; an operator can resume it."
        case .runExpired: "The run has ended or its deadline has passed; register it anew."
        case .stopped(let target, let reason):
            "An operator stopped \(target == "all" ? "everything" : target)\(reason.isEmpty ? "" : " (\(reason))"). Do not retry."
        case .unknownVendor(let name): "There is no vendor \"\(name)\" here."
        case .methodNotAllowed: "This method is not passed on."
        case .proxyAuthenticationRequired: "Show a run's ID and secret as proxy credential."
        case .requestTimeout: "The request did not arrive in time."
        case .contentTooLarge(let limit): "The content is longer than the \(limit) bytes that can be judged."
        case .headTooLarge: "The head is larger than 32 KiB or has more than 100 fields."
        case .authorityMismatch(let what): "\(what.prefix(1).uppercased())\(what.dropFirst())."
        case .capExhausted(let cap): cap.message
        case .upgradeNotSupported: "Upgrading the connection is not supported."
        case .originUnreachable: "The vendor can't be reached; nothing was sent or its answer was lost."
        case .originTLSFailed: "The vendor's certificate can't be verified; nothing was sent."
        case .originAddressRefused: "The vendor's name leads to an address that is not public; nothing was sent."
        case .originProtocolError: "The vendor's answer can't be passed on."
        case .originTimeout: "The vendor did not answer in time."
        case .storeUnavailable: "The ledger can't be written now, so nothing was sent."
        case .credentialUnavailable(let vendor): "The credential for \(vendor) can't be read; see cofferdam status."
        case .overloaded: "Too many requests at once; try again shortly."
        }
    }
}

extension CapReached {
    /// "Daily cap of $500.00 for run billing-7 reached: $499.50 spent, $5.00 asked. Resets 00:00 UTC."
    package var message: String {
        guard period != .request else { return "Cap of \(cap) a request for \(what): \(asked) asked." }
        var counted = "\(spent) spent"
        if held > .zero { counted += ", \(held) held" }
        if inDoubt > .zero { counted += ", \(inDoubt) in doubt" }
        let reset = resetsAt.map { " Resets \(UTC.text($0))." } ?? ""
        let name = period.rawValue.prefix(1).uppercased() + period.rawValue.dropFirst()
        return "\(name) cap of \(cap) for \(what) reached: \(counted), \(asked) asked.\(reset)"
    }
}
