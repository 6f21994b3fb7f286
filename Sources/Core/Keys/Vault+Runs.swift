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
        switch try await find(runID)?.status(at: clock()) {
        case .active: throw .alive
        case .revoked: throw .revoked
        case .ended, .expired, nil: break
        }
        let secret = Random.secret(prefix: Run.secretPrefix)
        let now = clock()
        let deadline = now + (lease.map { min($0, lifetime) } ?? lifetime)
        var run = Run(id: runID, digest: SecretDigest(of: secret), createdAt: now, deadline: deadline, lease: lease)
        run.tags = tags
        try await keep(run)
        // Its keys of before may have other tags.
        state.withLockedValue { state in state.exchanged = state.exchanged.filter { $0.key.runID != runID } }
        return (run, secret)
    }

    /// Moves a live run's deadline: by its lease, or to `lifetime` from now.
    package func renew(runID: String, lifetime: Span) async throws(RunProblem) -> Run {
        guard var run = try await find(runID) else { throw .unknown }
        guard run.status(at: clock()) == .active else { throw run.revokedAt == nil ? .unknown : .revoked }
        run.deadline = clock() + (run.lease ?? lifetime)
        try await keep(run)
        return run
    }

    /// Ends a run: nothing more is sent for it, until the same ID is registered anew.
    package func end(runID: String) async throws(RunProblem) -> Run {
        guard var run = try await find(runID) else { throw .unknown }
        guard run.revokedAt == nil else { return run }
        // Written again by a second call too: the first may have failed at that.
        run.endedAt = run.endedAt ?? clock()
        try await stop(run, .ended)
        return run
    }

    /// Revokes a run: its requests are cut, and it stays dead until an operator resumes it. Harmless twice.
    /// Works for an ID that is not registered too: a stop must not depend on timing.
    package func revoke(runID: String) async throws(RunProblem) -> Run {
        let unknown = Run(
            id: runID, digest: SecretDigest(of: Random.letters(32)), createdAt: clock(), deadline: clock())
        var run = try await find(runID) ?? unknown
        run.revokedAt = run.revokedAt ?? clock()
        try await stop(run, .revoked)
        return run
    }

    /// Takes a revocation back. A run whose deadline has passed must be registered anew.
    package func resume(runID: String) async throws(RunProblem) -> Run {
        guard var run = try await find(runID) else { throw .unknown }
        run.revokedAt = nil
        try await keep(run)
        return run
    }

    /// Cuts what is in flight for runs whose deadline has passed.
    package func cutExpired() {
        let now = clock()
        inFlight.cut(.ended) { entry in entry.subject.runID.flatMap { liveRun($0) }?.status(at: now) == .expired }
    }

    private func find(_ runID: String) async throws(RunProblem) -> Run? {
        do { return try await run(id: runID) } catch { throw .store(error) }
    }

    private func stop(_ run: Run, _ reason: InFlight.Cut) async throws(RunProblem) {
        state.withLockedValue { $0.publish(run) }
        inFlight.cut(reason) { $0.subject.runID == run.id }
        do { try await store.put(run) } catch { throw .store(error) }
    }

    private func keep(_ run: Run) async throws(RunProblem) {
        do { try await store.put(run) } catch { throw .store(error) }
        state.withLockedValue { $0.publish(run) }
    }
}
