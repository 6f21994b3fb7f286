/// The closed list of answers that say no. A new case does not compile until it has a status, a code and words.
package enum Refusal: Error, Sendable, Equatable {
    case malformedRequest(String)
    case pathNotCanonical(String)
    case amountAmbiguous(String)
    case credentialMissing
    case vaultKeyInvalid
    case vaultKeyExpired
    case vaultKeyRevoked
    case endpointNotAllowed(attempted: String, allowed: [String])
    case accountNotAllowed(field: String)
    /// What `only` says of it, and why it does not fit.
    case fieldNotAllowed(String, String)
    /// The idempotency key is somebody else's: the answer would be theirs.
    case replayOfAnother
    case hostNotAllowed(host: String)
    case vendorNotGranted(vendor: String)
    /// `line` is the configuration that would price it.
    case costUnknown(reason: String, line: String)
    /// A trusted program names a run to which its entry does not reach.
    case ceilingExceeded(Excess)
    case runRevoked
    case runExpired
    /// An operator stopped what this request belongs to: `label=acme:*`.
    case stopped(String, reason: String)
    case unknownVendor(String)
    case methodNotAllowed
    case proxyAuthenticationRequired
    case requestTimeout
    case contentTooLarge(limit: Int)
    case headTooLarge
    case authorityMismatch(String)
    case capExhausted(CapReached)
    case upgradeNotSupported
    case originUnreachable
    case originTLSFailed
    case originAddressRefused
    case originProtocolError
    case originTimeout
    /// The cause is for status and log; the client sees that the store can't be written.
    case storeUnavailable(String)
    case credentialUnavailable(vendor: String)
    case overloaded
}

/// A cap that has no room for a request, with the figures that the answer shows.
package struct CapReached: Sendable, Equatable {
    /// What is capped: `run billing-7`, `key vk_1`, `budget tenants (run billing-7)`.
    package var what: String
    package var period: Period
    package var cap: Money
    package var spent: Money
    package var held: Money
    package var inDoubt: Money
    package var asked: Money
    /// When a daily or monthly cap opens again; nil for caps that do not.
    package var resetsAt: Moment?
    /// The rule's line in the configuration.
    package var place: Place?

    package init(
        what: String, period: Period, cap: Money, spent: Money, held: Money, inDoubt: Money, asked: Money,
        resetsAt: Moment?, place: Place?
    ) {
        (self.what, self.period, self.cap, self.spent) = (what, period, cap, spent)
        (self.held, self.inDoubt, self.asked) = (held, inDoubt, asked)
        (self.resetsAt, self.place) = (resetsAt, place)
    }
}
