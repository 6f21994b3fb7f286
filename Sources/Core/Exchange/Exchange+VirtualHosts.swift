/// The port to the vault-key service, which clients reach through us under a name of its own.
package protocol KeyService: Sendable {
    /// Answers one request; `target` is its path and query.
    func answer(_ head: RequestHead, _ target: ArraySlice<UInt8>, _ client: some Client) async
}

extension Exchange {
    /// Answers a request to the key service's virtual host; false for every other request.
    func serveKeys(_ arrival: Arrival, _ rules: Rules, _ client: some Client) async throws(Refusal) -> Bool {
        guard let keyService, let target = try Binder(rules: rules).keyService(arrival) else { return false }
        try await checkOpener(arrival, rules)
        await keyService.answer(arrival.head, target, client)
        return true
    }

    /// On a virtual host the proxy credential merely opens the way: whoever showed it must still be there, no more.
    func checkOpener(_ arrival: Arrival, _ rules: Rules) async throws(Refusal) {
        let shown = try arrival.opener()
        if let owner = arrival.owner { return try check(await sidecar.vault.owner(owner, shown, rules)) }
        guard let credential = shown else { return }
        guard let run = sidecar.vault.liveRun(credential.user), run.digest == credential.digest else {
            guard rules.program(credential) == nil else { return }
            throw .proxyAuthenticationRequired
        }
        try check(run)
    }

    private func check(_ run: Run) throws(Refusal) {
        let run = try sidecar.vault.checked(run)
        try sidecar.stops.check(Subject(runID: run.id))
    }
}

extension Arrival {
    /// The credential that was shown to us as a proxy.
    fileprivate func opener() throws(Refusal) -> ProxyCredential? {
        if case .tunnel(_, let credential, _) = way { return credential }
        guard head.fields.contains("proxy-authorization") else { return nil }
        guard let credential = ProxyCredential(head.fields["proxy-authorization"]) else {
            throw .proxyAuthenticationRequired
        }
        return credential
    }
}
