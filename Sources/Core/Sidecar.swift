/// What the data path and the control API share: one of each, made by `serve`.
package final class Sidecar: Sendable {
    package let vault: Vault
    package let ledger: any Ledger
    package let audit: any AuditStore
    package let inFlight: InFlight
    package let activity: Activity
    package let clock: Clock
    package let startedAt: Moment
    private let current: Guarded<Rules>
    /// What is wrong now, for status; each with what to do. The first line of a rejected reload too.
    package let troubles = Guarded(Troubles())

    package init(
        rules: Rules, vaultStore: any VaultStore, ledger: any Ledger, audit: any AuditStore, clock: @escaping Clock
    ) {
        inFlight = InFlight()
        activity = Activity(clock: clock)
        vault = Vault(store: vaultStore, inFlight: inFlight, clock: clock)
        (self.ledger, self.audit, self.clock) = (ledger, audit, clock)
        startedAt = clock()
        current = Guarded(rules)
    }

    /// The rules now; a request takes them once and keeps to them.
    package var rules: Rules { current.withLockedValue { $0 } }

    package func replace(_ rules: Rules) { current.withLockedValue { $0 = rules } }
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
