internal import Core

/// The closed list of answers with which the control API says no.
enum APIProblem: Error, Sendable, Equatable {
    /// Nothing that could be read; the whole sentence.
    case malformed(String)
    /// A field of the content or a parameter of the query, and what is wrong with it.
    case field(String, String)
    /// A head that did not come in time.
    case requestTimeout
    case foreignHost
    case foreignOrigin
    case contentType
    case contentTooLarge(limit: Int)
    case tokenMissing
    case tokenUnknown
    /// A run's secret or a vault key where a token belongs.
    case agentCredential
    /// The token's role does not allow the call.
    case roleTooSmall(needed: Role, Bearer)
    /// What an issuer asks for goes beyond its ceiling.
    case beyondCeiling(Excess, Bearer)
    /// What is ordered under a policy goes beyond it.
    case beyondPolicy(Excess)
    case unknownPath
    case methodNotAllowed([String])
    case unknownKey(String)
    case unknownRun(String)
    case unknownRequest(String)
    case unknownStop(String)
    /// With the names of those that there are.
    case unknownBudget(String, String)
    case unknownToken(String)
    case tokenExists(String)
    /// The file of the named tokens was changed to something that can't be read; nothing is written over it.
    case tokensUnreadable(String)
    /// The cause stays here, for the log.
    case tokensUnwritable(String)
    case notInDoubt(String)
    /// An operator stopped what a key would be for.
    case stopped(Stop)
    case runExists(String)
    case runRevoked(String)
    case runOver(String)
    case keyNotExchanged(String)
    /// The same `Idempotency-Key` with another content.
    case idempotencyKeyReused
    /// A repetition whose first answer is forgotten; the key is there, its token is not.
    case keyIssuedBefore(String)
    /// The new configuration was not taken; the running one stays.
    case configurationRejected(String)
    /// The cause stays here, for log and status; the client learns that there is one.
    case storeUnavailable(String)
}

extension APIProblem {
    init(_ problem: RunProblem, run id: String) {
        switch problem {
        case .alive: self = .runExists(id)
        case .revoked: self = .runRevoked(id)
        case .unknown: self = .unknownRun(id)
        case .store(let failure): self = .storeUnavailable(failure.cause)
        }
    }

    init(_ failure: StoreFailure) { self = .storeUnavailable(failure.cause) }
}
