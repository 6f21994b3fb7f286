internal import Core

/// One reason to be degraded, and what to do about it.
struct Trouble: Sendable {
    var code: String
    var vendor: String?
    var since: Moment?
    var detail: String?
    var fix: String

    var json: JSONValue {
        .fields([
            ("code", .string(code)), ("vendor", .text(vendor)), ("since", since.map { .time($0) }),
            ("detail", .text(detail)), ("fix", .string(fix)),
        ])
    }
}

extension ControlAPI {
    /// A month before the CA ends there is time to tell every client.
    private static let authorityNotice = Span.seconds(30 * 86_400)

    func problems() -> [Trouble] {
        let troubles = sidecar.troubles.withLockedValue { $0 }
        return store(troubles) + configuration(troubles) + credentials(troubles) + authority() + tokens()
    }

    private func store(_ troubles: Troubles) -> [Trouble] {
        troubles.store.map { cause in
            [
                Trouble(
                    code: "store_unavailable", detail: cause,
                    fix: "nothing is let through until the store can be written")
            ]
        } ?? []
    }

    private func configuration(_ troubles: Troubles) -> [Trouble] {
        troubles.rejectedConfiguration.map { problem in
            let fix = "repair the file; until then the configuration before it is in force"
            return [Trouble(code: "configuration_rejected", detail: problem, fix: fix)]
        } ?? []
    }

    private func credentials(_ troubles: Troubles) -> [Trouble] {
        sidecar.rules.vendors.values.filter { $0.credential == nil }.sorted { $0.name < $1.name }.map { vendor in
            // Credentials are read together with the configuration.
            Trouble(
                code: "credential_unavailable", vendor: vendor.name, since: troubles.configurationLoadedAt,
                fix: vendor.credentialProblem ?? "configure vendors.\(vendor.name).credential")
        }
    }

    private func tokens() -> [Trouble] {
        gate.tokens?.trouble.map { problem in
            let fix = "until then the tokens before it are in force, and none can be made or rotated"
            return [Trouble(code: "tokens_unreadable", detail: problem, fix: fix)]
        } ?? []
    }

    private func authority() -> [Trouble] {
        guard let end = surroundings.authorityExpiresAt(), end < sidecar.clock() + Self.authorityNotice else {
            return []
        }
        let over = end <= sidecar.clock()
        let fix = "remove ca.pem and ca.key from state_dir, restart, and give clients the new ca.pem"
        return [Trouble(code: over ? "ca_expired" : "ca_expires_soon", detail: end.rfc3339, fix: fix)]
    }
}
