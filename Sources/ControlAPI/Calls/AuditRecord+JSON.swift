internal import Core

extension AuditRecord {
    /// `allowed`, `refused` or `in_doubt`; `note` for what was no request.
    var verdict: String {
        guard !isNote else { return DecisionRecord.note }
        guard decision.code == DecisionRecord.allowed else { return "refused" }
        return outcome?.result == "in_doubt" ? "in_doubt" : "allowed"
    }

    /// The status that the client got; nil while there is none.
    var status: Int? {
        guard decision.code == DecisionRecord.allowed else { return RefusalStatus.of(decision.code) }
        return outcome?.failure.flatMap(RefusalStatus.of) ?? outcome?.originStatus
    }

    /// What it cost, or may have cost: doubt counts as spent.
    var cost: Money { outcome?.result == "in_doubt" ? decision.estimate : outcome?.cost ?? .zero }

    /// Whether anybody still waits for the outcome.
    var isOpen: Bool { outcome == nil && decision.code == DecisionRecord.allowed }

    /// Every column, in the order in which a reader wants them.
    var members: [(String, JSONValue?)] {
        [
            ("sequence", .count(sequence)), ("time", .time(decision.at)),
            ("request_id", isNote ? nil : .string(decision.requestID.text)),
            ("label", .text(decision.label) ?? .null),
            ("tags", decision.tags.map { .tags(Tag.read($0)) }), ("run_id", .text(decision.runID)),
            ("key_id", .text(decision.keyID)), ("program", .text(decision.program)), ("vendor", .text(decision.vendor)),
            ("operation", .text(decision.operation)), ("method", isNote ? nil : .string(decision.method)),
            ("path", isNote ? nil : .string(decision.path)), ("decision", .string(verdict)),
            ("code", .string(decision.code)), ("policy", .text(decision.policy)),
            ("would_refuse", .text(decision.observed)), ("decided_by", .text(decision.decidedBy)),
            ("reason", .text(decision.reason)),
            ("status", status.map { .count($0) } ?? .null), ("price_rule", .text(decision.priceRule)),
            ("estimate_usd", .usd(decision.estimate)), ("cost_usd", .usd(cost)),
            ("remaining_usd", (outcome?.room ?? decision.room).map { .usd($0) }),
        ] + (outcome?.members ?? [])
    }

    var json: JSONValue { .fields(members) }
}

extension OutcomeRecord {
    fileprivate var members: [(String, JSONValue?)] {
        [
            ("result", .string(result)), ("ended_at", .time(at)), ("origin_status", originStatus.map { .count($0) }),
            ("vendor_request_id", .text(vendorRequestID)),
            ("object_id", .text(objectID)), ("failure", .text(failure)), ("evidence", .text(evidence)),
            ("sent_bytes", .count(sentBytes)), ("received_bytes", .count(receivedBytes)),
            ("first_byte_ms", firstByte.map { .milliseconds($0) }), ("duration_ms", .milliseconds(duration)),
        ]
    }
}

/// The HTTP status of each refusal's code; records keep the code alone.
enum RefusalStatus {
    static func of(_ code: String) -> Int? { statuses[code] }

    private static let statuses: [String: Int] = {
        let groups: [(Int, [String])] = [
            (400, ["malformed_request", "path_not_canonical", "amount_ambiguous"]),
            (401, ["credential_missing", "vault_key_invalid", "vault_key_expired", "vault_key_revoked"]),
            (
                403,
                [
                    "endpoint_not_allowed", "field_not_allowed", "account_not_allowed", "host_not_allowed",
                    "vendor_not_granted", "cost_unknown", "ceiling_exceeded", "run_revoked", "run_expired", "stopped",
                    "replay_of_another",
                ]
            ),
            (404, ["unknown_vendor"]), (405, ["method_not_allowed"]), (407, ["proxy_authentication_required"]),
            (408, ["request_timeout"]), (413, ["content_too_large"]), (421, ["authority_mismatch"]),
            (429, ["cap_exhausted"]), (431, ["head_too_large"]), (501, ["upgrade_not_supported"]),
            (
                502,
                ["origin_unreachable", "origin_tls_failed", "origin_address_refused", "origin_protocol_error"]
            ),
            (503, ["store_unavailable", "vault_unavailable", "credential_unavailable", "overloaded"]),
            (504, ["origin_timeout"]),
        ]
        return Dictionary(uniqueKeysWithValues: groups.flatMap { status, codes in codes.map { ($0, status) } })
    }()
}
