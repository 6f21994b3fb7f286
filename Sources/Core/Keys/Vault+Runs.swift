/// Why a run can't be registered or changed.
package enum RunProblem: Error, Sendable, Equatable {
    /// The ID is in use by a live run.
    case alive
    /// It was revoked; only `resume` brings it back.
    case revoked
    case unknown
    case store(StoreFailure)
}

extension Vault {
    /// Registers a run; the secret is in the answer and nowhere else. An ended or expired ID may come back.
    package func register(
        runID: String, lifetime: Span, lease: Span?, tags: Tags = [:]
    ) async throws(RunProblem) -> (Run, secret: String) {
        let secret = Random.secret(prefix: Run.secretPrefix)
        let run = try await inTurn(runID) { () throws(RunProblem) in
            switch try await find(runID)?.status(at: clock()) {
            case .active: throw .alive
            case .revoked: throw .revoked
            case .ended, .expired, nil: break
            }
            let now = clock()
            let deadline = now + (lease.map { min($0, lifetime) } ?? lifetime)
            var run = Run(id: runID, digest: SecretDigest(of: secret), createdAt: now, deadline: deadline, lease: lease)
            run.tags = tags
            try await keep(run)
            return run
        }
        // Its keys of before may have other tags.
        state.withLockedValue { state in state.exchanged = state.exchanged.filter { $0.key.runID != runID } }
        return (run, secret)
    }

    /// Moves a live run's deadline: by its lease, or to `lifetime` from now, and never beyond `bound`.
    package func renew(runID: String, lifetime: Span, bound: Span? = nil) async throws(RunProblem) -> Run {
        try await inTurn(runID) { () throws(RunProblem) in
            guard var run = try await find(runID) else { throw .unknown }
            guard run.status(at: clock()) == .active else { throw run.revokedAt == nil ? .unknown : .revoked }
            let span = run.lease ?? lifetime
            run.deadline = clock() + (bound.map { min($0, span) } ?? span)
            try await keep(run)
            return run
        }
    }

    /// Ends a run: nothing more is sent for it, until the same ID is registered anew.
    package func end(runID: String) async throws(RunProblem) -> Run {
        guard let run = try await find(runID) else { throw .unknown }
        guard run.revokedAt == nil else { return run }
        let now = clock()
        // Written again by a second call too: the first may have failed at that.
        return try await stop(run, .ended) { $0.endedAt = $0.endedAt ?? now }
    }

    /// Revokes a run: its requests are cut, and it stays dead until an operator resumes it. Harmless twice.
    /// Works for an ID that is not registered too: a stop must not depend on timing.
    package func revoke(runID: String) async throws(RunProblem) -> Run {
        let now = clock()
        let unknown = Run(id: runID, digest: SecretDigest(of: Random.letters(32)), createdAt: now, deadline: now)
        return try await stop(try await find(runID) ?? unknown, .revoked) { $0.revokedAt = $0.revokedAt ?? now }
    }

    /// Takes a revocation back. A run whose deadline has passed must be registered anew.
    package func resume(runID: String) async throws(RunProblem) -> Run {
        try await inTurn(runID) { () throws(RunProblem) in
            guard var run = try await find(runID) else { throw .unknown }
            run.revokedAt = nil
            try await write(run)
            state.withLockedValue { $0.publish(run) }
            return run
        }
    }

    /// Cuts what is in flight for runs whose deadline has passed.
    package func cutExpired() {
        let now = clock()
        inFlight.cut(.ended) { entry in entry.subject.runID.flatMap { liveRun($0) }?.status(at: now) == .expired }
    }

    private func find(_ runID: String) async throws(RunProblem) -> Run? {
        do { return try await run(id: runID) } catch { throw .store(error) }
    }

    /// One change of a run after the other: each writes what it has read.
    private func inTurn(
        _ runID: String, _ change: () async throws(RunProblem) -> Run
    ) async throws(RunProblem) -> Run {
        let turn: Turn
        do { turn = try await turns.takeForStore(runID) } catch { throw .store(error) }
        defer { turn.end() }
        return try await change()
    }

    /// Holds at once, whoever has the turn, and is written in its own.
    private func stop(
        _ run: Run, _ reason: InFlight.Cut, _ mark: @Sendable (inout Run) -> Void
    ) async throws(RunProblem) -> Run {
        state.withLockedValue { state in
            var run = state.runs[run.id] ?? run
            mark(&run)
            state.publish(run)
        }
        inFlight.cut(reason) { $0.subject.runID == run.id }
        return try await inTurn(run.id) { () throws(RunProblem) in
            var latest = try await find(run.id) ?? run
            mark(&latest)
            try await write(latest)
            state.withLockedValue { $0.publish(latest) }
            return latest
        }
    }

    private func write(_ run: Run) async throws(RunProblem) {
        do { try await store.put(run) } catch { throw .store(error) }
    }

    /// Durable first. What was stopped meanwhile stays so: a stop does not wait for its turn.
    private func keep(_ run: Run) async throws(RunProblem) {
        try await write(run)
        state.withLockedValue { state in
            var run = run
            let known = state.runs[run.id]
            run.revokedAt = run.revokedAt ?? known?.revokedAt
            if known?.digest == run.digest { run.endedAt = run.endedAt ?? known?.endedAt }
            state.publish(run)
        }
    }
}
