internal import Crypto

/// How a vendor honours idempotency keys.
package struct Idempotency: Sendable, Equatable {
    /// The field that carries the key; lower case.
    package var field: String
    /// For how long the vendor remembers a key at least: so long the same request is one spend.
    package var window: Span
    /// For how long it may remember it: so long nobody else may use it. Not shorter than `window`.
    package var ownerWindow: Span
    /// The field by which an answer shows that it was given before, and its value, both in lower case; nil when answers
    /// don't show it: then each counts as new.
    package var mark: (name: String, value: String)?

    package init(
        field: String, window: Span, ownerWindow: Span? = nil, mark: (name: String, value: String)? = nil
    ) {
        (self.field, self.window, self.mark) = (field, window, mark)
        self.ownerWindow = max(window, ownerWindow ?? window)
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.field == b.field && a.window == b.window && a.ownerWindow == b.ownerWindow
            && a.mark?.name == b.mark?.name && a.mark?.value == b.mark?.value
    }

    /// Whether the answer is one that was given before.
    func marks(_ answer: Fields) -> Bool {
        guard let mark else { return false }
        return answer.all(mark.name).contains { ASCII.equal(ASCII.trimmed($0), mark.value) }
    }
}

/// One use of an idempotency key: whose it is, and for what.
package struct IdempotentUse: Sendable, Equatable {
    /// Of the vendor and the key; the key itself is nobody's business.
    package var key: SecretDigest
    /// Of the run, or the label where there is none.
    package var owner: SecretDigest
    /// Of method, path, account fields and content.
    package var request: SecretDigest
    package var requestID: RequestID
    /// Until then a repetition is the same spend; later the vendor may have forgotten it.
    package var expiresAt: Moment
    /// Until then the key is its owner's alone: the vendor may still remember it.
    package var ownedUntil: Moment

    package init(
        key: SecretDigest, owner: SecretDigest, request: SecretDigest, requestID: RequestID, expiresAt: Moment,
        ownedUntil: Moment? = nil
    ) {
        (self.key, self.owner, self.request) = (key, owner, request)
        (self.requestID, self.expiresAt) = (requestID, expiresAt)
        self.ownedUntil = max(expiresAt, ownedUntil ?? expiresAt)
    }

    /// Reads it from a request; nil when the vendor knows no such keys, or the request has none.
    /// - Throws: `.malformedRequest` for more than one key.
    static func of(
        _ permit: Permit, _ head: RequestHead, _ content: Content, _ requestID: RequestID, at now: Moment
    ) throws(Refusal) -> IdempotentUse? {
        let target = permit.target
        guard let idempotency = target.vendor.idempotency else { return nil }
        let keys = head.fields.all(idempotency.field)
        guard keys.count <= 1 else { throw .malformedRequest("more than one \(idempotency.field)") }
        guard let key = keys.first, !target.method.onlyReads else { return nil }
        let owner = permit.grant.runID.map { "run:\($0)" } ?? "label:\(permit.grant.key.label)"
        return IdempotentUse(
            key: digest([Array(target.vendor.name.utf8), Array(key)]), owner: digest([Array(owner.utf8)]),
            request: digest(asked(target, head, content, requestID)), requestID: requestID,
            expiresAt: now + idempotency.window, ownedUntil: now + idempotency.ownerWindow)
    }

    /// What must be the same for a request to be a repetition. Content that is streamed is never known to be.
    private static func asked(
        _ target: Target, _ head: RequestHead, _ content: Content, _ requestID: RequestID
    ) -> [[UInt8]] {
        var parts = [Array(target.method.rawValue.utf8), Array(target.host.utf8), target.path.target]
        for name in target.vendor.pinnedFields + target.vendor.versionFields {
            parts.append(head.fields.all(name).reduce(into: Array("\(name):".utf8)) { $0 += $1 + [0] })
        }
        switch content.outgoing {
        case .none: parts.append([])
        case .whole(let bytes): parts.append(bytes)
        case .streamed: parts.append(Array(requestID.text.utf8))
        }
        return parts
    }

    /// Each part with its length, so that no two lists give the same bytes.
    private static func digest(_ parts: [[UInt8]]) -> SecretDigest {
        var hash = SHA256()
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        return SecretDigest(stored: Array(hash.finalize())) ?? SecretDigest(of: [UInt8]())
    }
}
