/// What the data path and the control API share: one of each, made by `serve`.
package final class Sidecar: Sendable {
    package let vault: Vault
    package let stops: Stops
    package let ledger: any Ledger
    let idempotencyKeys: IdempotencyKeys
    /// What an account has counted of a vendor's object is read before the hold and written after the answer.
    let objectTurns = Turns()
    /// Changes of one budget account.
    let budgetTurns = Turns()
    /// Requests at once, by their callers.
    let requests: Turnstile
    let contentBytes: Turnstile
    let refusalMeter = RefusalMeter()
    /// Connections in which a CONNECT was accepted, by who opened them.
    package let tunnels: Turnstile
    package let audit: any AuditStore
    package let inFlight: InFlight
    package let activity: Activity
    package let clock: Clock
    package let startedAt: Moment
    private let warn: @Sendable (String) -> Void
    private let warned = Guarded(Set<String>())
    private let current: Guarded<Rules>
    let clockState = Guarded(ClockState())
    /// What is wrong now, for status; each with what to do. The first line of a rejected reload too.
    package let troubles = Guarded(Troubles())

    package init(
        rules: Rules, vaultStore: any VaultStore, ledger: any Ledger, audit: any AuditStore, clock: @escaping Clock,
        limits: ServingLimits = ServingLimits(),
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.warn = warn
        requests = Turnstile(limit: limits.requests, each: limits.requestsPerRun)
        contentBytes = Turnstile(limit: limits.contentBytes)
        tunnels = Turnstile(limit: limits.connections, each: limits.tunnelsPerRun)
        inFlight = InFlight()
        activity = Activity(clock: clock)
        stops = Stops(store: vaultStore, inFlight: inFlight, clock: clock)
        vault = Vault(store: vaultStore, inFlight: inFlight, stops: stops, clock: clock)
        idempotencyKeys = IdempotencyKeys(ledger: ledger, audit: audit, clock: clock)
        (self.ledger, self.audit, self.clock) = (ledger, audit, clock)
        startedAt = clock()
        current = Guarded(rules)
    }

    /// The rules now; a request takes them once, and looks again before it is sent.
    package var rules: Rules {
        current.withLockedValue { rules in
            // A raised cap ends on time, not when somebody sweeps.
            if !rules.budgetChanges.isEmpty { rules.forgetOver(at: clock()) }
            return rules
        }
    }

    /// Takes new rules; what operators changed at run time stays.
    package func replace(_ rules: Rules) {
        current.withLockedValue { old in
            let (changes, revision) = (old.budgetChanges, old.revision)
            old = rules
            (old.budgetChanges, old.revision) = (changes, revision + 1)
        }
    }

    /// Puts on record how many refusals are not; called now and then.
    package func tellUnrecorded() {
        for note in refusalMeter.takeUnrecorded(at: clock()) { ledger.note(note) }
    }

    func change(_ change: (inout Rules) -> Void) {
        current.withLockedValue { rules in
            change(&rules)
            rules.revision += 1
        }
    }

    var revision: Int { current.withLockedValue { $0.revision } }

    /// Tells the operator once, however often it happens.
    func warnOnce(_ text: String) {
        let isNew = warned.withLockedValue { $0.count < 1000 && $0.insert(text).inserted }
        if isNew { warn(text) }
    }
}

/// What makes the sidecar degraded.
package struct Troubles: Sendable {
    /// Why the newest configuration file was not taken.
    package var rejectedConfiguration: String?
    /// Why the store refuses (`disk full`), while it does.
    package var store: String?
    package var configurationLoadedAt: Moment?

    package init() {}
}
