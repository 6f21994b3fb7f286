/// What a key is to be, checked by whoever asks for it.
package struct KeyOrder: Sendable {
    package var label: String
    package var vendor: String
    package var endpoints: [EndpointPattern]
    package var caps: Caps
    package var lifetime: Span
    package var runID: String?
    /// Its bounds, as they are now; nil for a free order.
    package var policy: Policy?
    package var pinned: [String: [String]] = [:]
    package var tags = Tags()
    package var only: [FieldRule] = []
    /// Who orders it, as records have it.
    package var issuer: String?

    package init(label: String, vendor: String, endpoints: [EndpointPattern], caps: Caps, lifetime: Span) {
        (self.label, self.vendor, self.endpoints) = (label, vendor, endpoints)
        (self.caps, self.lifetime) = (caps, lifetime)
    }
}

extension Vault {
    /// Makes a key; the token is in the answer and nowhere else.
    package func issue(_ order: KeyOrder) async throws(StoreFailure) -> (key: VaultKey, token: String) {
        let (key, token) = make(order, at: clock())
        try await keep(key)
        return (key, token)
    }

    /// Revokes a key, at once and for good; harmless twice. Answers nil for an unknown ID.
    package func revoke(keyID: String) async throws(StoreFailure) -> VaultKey? {
        guard let known = try await key(id: keyID) else { return nil }
        let now = clock()
        let (key, blocked) = state.withLockedValue { $0.revoke(known, at: now) }
        inFlight.cut(.keyRevoked) { $0.keyIDs.contains(keyID) }
        // Written again by a second call too: the first may have failed at that.
        try await store.put(key)
        if let blocked { try await store.block(runID: blocked.runID, vendor: blocked.vendor, true) }
        return key
    }

    /// Lets the exchange give the key's run a new one.
    package func reopen(runID: String, vendor: String) async throws(StoreFailure) {
        try await store.block(runID: runID, vendor: vendor, false)
        state.withLockedValue { _ = $0.blocked.remove(.init(runID: runID, vendor: vendor)) }
    }

    func make(_ order: KeyOrder, at now: Moment) -> (VaultKey, String) {
        let token = Random.secret(prefix: VaultKey.tokenPrefix)
        var key = VaultKey(
            id: "key_" + String(bytes: Random.letters(16)), digest: SecretDigest(of: token), label: order.label,
            vendor: order.vendor, endpoints: order.endpoints, caps: order.caps, createdAt: now,
            expiresAt: now + order.lifetime, runID: order.runID)
        (key.pinned, key.tags, key.only) = (order.pinned, order.tags, order.only)
        (key.policy, key.policyCaps, key.issuer) = (order.policy?.name, order.policy?.runCaps, order.issuer)
        return (key, token)
    }

    /// Writes first, then serves: a key that a crash could forget is never handed out.
    func keep(_ key: VaultKey) async throws(StoreFailure) {
        try await store.put(key)
        publish(key)
    }

    func publish(_ key: VaultKey) { state.withLockedValue { $0.publish(key) } }
}

extension Vault.State {
    /// Marks a key as revoked and, when it is its run's present one, blocks the exchange in the same step: between the
    /// two a request would get a new key. Answers the pair that is blocked.
    fileprivate mutating func revoke(_ key: VaultKey, at now: Moment) -> (VaultKey, Vault.RunVendor?) {
        guard key.revokedAt == nil else { return (key, key.pair.flatMap { blocked.contains($0) ? $0 : nil }) }
        let live = key.status(at: now) == .active
        var key = key
        key.revokedAt = now
        let current = key.pair.flatMap { exchanged[$0] }
        publish(key)
        guard let pair = key.pair, current == key.id || current == nil && live else { return (key, nil) }
        blocked.insert(pair)
        return (key, pair)
    }
}

extension VaultKey {
    /// What it was exchanged for; nil for keys that were issued.
    fileprivate var pair: Vault.RunVendor? {
        guard isExchanged else { return nil }
        return runID.map { Vault.RunVendor(runID: $0, vendor: vendor) }
    }
}
