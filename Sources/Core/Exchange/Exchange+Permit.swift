/// The permit of a request, and the same again when its content took its time.
extension Exchange {
    /// `arrival` is what was received, without what is meant for us alone.
    func permit(
        _ docket: inout Docket, _ received: Arrival, _ arrival: Arrival, _ rules: Rules
    ) throws(Refusal) -> Permit {
        guard let grant = docket.grant, let target = docket.target else { throw .credentialMissing }
        let permit = try Permit.check(grant, target, arrival.head.fields, rules)
        // What may not stand there may not do so either where Connection takes it away.
        if received.isCut { _ = try Permit.check(grant, target, received.head.fields, rules) }
        (docket.permit, docket.permittedAt, docket.revision) = (permit, sidecar.clock(), rules.revision)
        return permit
    }

    /// Whether something may have changed since the request was permitted: content can take minutes to arrive.
    func isStale(_ docket: Docket) -> Bool {
        docket.revision != sidecar.revision || sidecar.clock() - docket.permittedAt > .milliseconds(100)
    }

    /// Caps may have changed; with a new configuration the content would have to be read anew.
    func freshRules(_ rules: Rules) throws(Refusal) -> Rules {
        let fresh = sidecar.rules
        guard fresh.generation == rules.generation else { throw .overloaded }
        return fresh
    }

    func permitAgain(
        _ docket: inout Docket, _ received: Arrival, _ arrival: Arrival, _ rules: Rules
    ) async throws(Refusal) -> Permit {
        guard let target = docket.target else { throw .credentialMissing }
        let caller = try await Authenticator(vault: sidecar.vault, rules: rules).identify(received, target)
        guard caller.title == docket.caller?.title else { throw .vaultKeyInvalid }
        docket.caller = caller
        try sidecar.stops.check(caller.subject(target, rules))
        docket.grant = try await Grant.make(caller, target, rules, sidecar.vault)
        return try permit(&docket, received, arrival, rules)
    }
}
