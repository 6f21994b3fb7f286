package import Core

/// What the control API shows or does, but only `serve` knows.
package struct Surroundings: Sendable {
    /// The outcome of reading the configuration anew.
    package enum Reload: Sendable, Equatable {
        /// The generation that is in force now, and the settings in it that are not before a restart.
        case taken(generation: Int, needsRestart: [String] = [])
        /// Why the new one was not taken; the running one stays.
        case rejected(String)
    }

    /// The store, as status shows it.
    package struct StoreFacts: Sendable {
        package var kind: String
        /// The file or the server; shown to operators only.
        package var path: String
        /// Whether it dies with the machine or the pod.
        package var ephemeral: Bool

        package init(kind: String, path: String, ephemeral: Bool) {
            (self.kind, self.path, self.ephemeral) = (kind, path, ephemeral)
        }
    }

    package var version: String
    /// Where agents send their requests; `proxy_url` is made of it.
    package var proxyAddress = "127.0.0.1:4700"
    package var store = StoreFacts(kind: "memory", path: "", ephemeral: true)
    /// When the local CA ends; nil without one.
    package var authorityExpiresAt: @Sendable () -> Moment? = { nil }
    /// The local CA's certificate in PEM, which agents must trust; it is no secret.
    package var authority: @Sendable () -> String = { "" }
    /// False while it starts and while it drains.
    package var ready: @Sendable () -> Bool = { true }
    /// The variables that an agent's process needs, for a run's ID and its secret.
    package var environment: @Sendable (_ runID: String, _ secret: String) -> [String: String] = { _, _ in [:] }
    /// Local time as `spend.timezone` has it: the moment, moved by its offset.
    package var localTime: @Sendable (Moment) -> Moment = { $0 }
    package var reload: @Sendable () async -> Reload = { .rejected("there is no configuration file") }
    package var log: @Sendable (String) -> Void = { _ in }

    package init(version: String) { self.version = version }
}
