/// What becomes of a CONNECT.
package enum ConnectVerdict: Sendable {
    /// Answer 200 and open the TLS inside: every request in there is judged by itself.
    case intercept(host: String, ProxyCredential?, runID: String?)
    /// The client asked for ourselves: plain HTTP to the gateway.
    case gateway
    /// Blind bytes to a listed host, after the address check.
    case tunnel(TunnelPass)

    /// Whose tunnel it is; nil for none.
    package var opener: String? {
        switch self {
        case .intercept(_, let credential, let runID): credential?.user ?? runID ?? ""
        case .gateway: nil
        case .tunnel(let pass): pass.opener
        }
    }
}

/// The proof that a blind tunnel may be opened, and its open record.
package struct TunnelPass: Sendable {
    package let host: String
    package let port: Int
    package let dial: Dial
    package let runID: String?
    /// The run or the trusted program.
    let opener: String
    /// What a stop of it can be about.
    package let subject: Subject
    let hold: Hold
    let startedAt: Moment
}

extension Exchange {
    /// Judges a CONNECT. Without a valid proxy credential it is always 407: its head is all there is. Only the `owner` of
    /// the listener needs none.
    package func connect(_ head: RequestHead, owner: String? = nil) async throws(Refusal) -> ConnectVerdict {
        do throws(Refusal) {
            return try await judged(head, owner)
        } catch {
            // A name that was not proven would blame another run.
            let proven =
                error == .proxyAuthenticationRequired ? nil : ProxyCredential(head.fields["proxy-authorization"])
            sidecar.activity.refused(error.code, run: owner ?? proven?.user)
            throw error
        }
    }

    private func judged(_ head: RequestHead, _ owner: String?) async throws(Refusal) -> ConnectVerdict {
        let rules = sidecar.rules
        let credential = ProxyCredential(head.fields["proxy-authorization"])
        let (own, program) = try await opener(credential, owner, rules)
        guard let authority = Authority(head.target[...]), let port = authority.port else {
            throw .malformedRequest("a CONNECT without host:port")
        }
        // A CONNECT without Host is an old client's.
        try Binder.checkHost(head) { $0.host == authority.host && ($0.port ?? port) == port }
        if rules.ownAuthorities.contains(authority.text) { return .gateway }
        if rules.vendor(host: authority.host) != nil || rules.virtualHosts.contains(authority.host) {
            guard port == 443 else { throw .hostNotAllowed(host: authority.text) }
            return .intercept(host: authority.host, credential, runID: try Shown.runID(head.fields))
        }
        let run = try await named(try Shown.runID(head.fields), own, program)
        guard rules.tunnels.contains(TunnelRule(host: authority.host, port: port)) else {
            throw await recorded(.hostNotAllowed(host: authority.text), authority, run)
        }
        return .tunnel(try await openTunnel(authority.host, port, run, program?.name, rules))
    }

    /// Who opens a tunnel: a run or a trusted program.
    private func opener(
        _ credential: ProxyCredential?, _ owner: String?, _ rules: Rules
    ) async throws(Refusal) -> (Run?, TrustedProgram?) {
        if let owner { return (try await sidecar.vault.owner(owner, credential, rules), nil) }
        guard let credential else { throw .proxyAuthenticationRequired }
        let own = sidecar.vault.liveRun(credential.user).flatMap { $0.digest == credential.digest ? $0 : nil }
        let program = own == nil ? rules.program(credential) : nil
        guard own != nil || program != nil else { throw .proxyAuthenticationRequired }
        return (own, program)
    }

    /// The run that a tunnel is for: its own, or the one that a trusted program names.
    private func named(_ name: String?, _ own: Run?, _ program: TrustedProgram?) async throws(Refusal) -> Run? {
        guard let name else { return own }
        if let own {
            guard own.id == name else { throw .malformedRequest("X-Agent-Run-Id names another run") }
            return own
        }
        guard program?.runs.matches(name) == true else {
            throw .malformedRequest("a run that this program may not name")
        }
        return try await sidecar.vault.named(name)
    }

    /// Why a tunnel may not be joined after all: its run was stopped while it was being opened.
    package func fallen(_ pass: TunnelPass) -> Refusal? {
        if let refusal = sidecar.vault.fallen(runID: pass.runID) { return refusal }
        do { try sidecar.stops.check(pass.subject) } catch { return error }
        return nil
    }

    private func openTunnel(
        _ host: String, _ port: Int, _ run: Run?, _ program: String?, _ rules: Rules
    ) async throws(Refusal) -> TunnelPass {
        if let run {
            switch run.status(at: sidecar.clock()) {
            case .active: break
            case .revoked: throw .runRevoked
            case .expired, .ended: throw .runExpired
            }
        }
        // No policy is about it: the run goes by its ID and its own tags.
        let subject = Subject(runID: run?.id, owners: run.map { [rules.owner($0, $0.id, nil)] } ?? [])
        try sidecar.stops.check(subject)
        let now = sidecar.clock()
        let id = RequestID(at: now)
        var record = DecisionRecord(
            at: now, requestID: id, method: "CONNECT", path: "\(host):\(port)", code: DecisionRecord.allowed)
        (record.runID, record.program, record.decidedBy) = (run?.id, program, "egress.tunnel")
        let hold = try await sidecar.ledger.hold(
            HoldEntry(requestID: id, estimate: .zero, covers: [], decision: record))
        sidecar.activity.allowed()
        return TunnelPass(
            host: host, port: port, dial: rules.tunnelDial, runID: run?.id, opener: program ?? run?.id ?? "",
            subject: subject, hold: hold, startedAt: now)
    }

    private func recorded(_ refusal: Refusal, _ authority: Authority, _ run: Run?) async -> Refusal {
        let now = sidecar.clock()
        var record = DecisionRecord(
            at: now, requestID: RequestID(at: now), method: "CONNECT", path: authority.text, code: refusal.code)
        (record.runID, record.reason) = (run?.id, refusal.message)
        sidecar.ledger.record(record)
        return refusal
    }

    /// Writes the end of a blind tunnel.
    package func tunnelEnded(_ pass: TunnelPass, sent: Int64, received: Int64, failure: String?) {
        let now = sidecar.clock()
        var outcome = OutcomeRecord(
            at: now, requestID: pass.hold.requestID, result: "free", cost: .zero, duration: now - pass.startedAt)
        (outcome.sentBytes, outcome.receivedBytes, outcome.failure) = (sent, received, failure)
        sidecar.ledger.close(pass.hold, .settled(.zero), outcome)
    }
}
