internal import Core

extension ControlAPI {
    func issueKey(_ call: Call) async throws(APIProblem) -> APIAnswer {
        var order = try KeyOrder.read(call, sidecar.rules, now: sidecar.clock())
        let run = try await liveRun(order.runID)
        order.tags = try tags(of: order, run, call)
        order = try order.bounded(call, sidecar.rules)
        order.issuer = (call.bearer ?? .master).name
        try order.checkRules()
        let subject = sidecar.rules.subject(
            run, runID: order.runID,
            key: Subject.Owner(label: order.label, tags: order.tags, policy: order.policy?.name), vendor: order.vendor)
        if let stop = sidecar.stops.covering(subject) { throw .stopped(stop) }
        let issued = try await issue(order, call)
        let token = JSONValue.string(issued.token)
        var answer = APIAnswer.json(201, .fields([("token", token), ("vault_key", token)] + describe(issued.key)))
        if issued.isReplay { answer.fields = [("Idempotent-Replayed", "true")] }
        return answer
    }

    /// Under an `Idempotency-Key` once, however often it is asked for.
    private func issue(_ order: KeyOrder, _ call: Call) async throws(APIProblem) -> Issued {
        let who = call.bearer ?? .master
        guard let name = try idempotencyKey(call) else {
            let (key, token) = try await stored { () throws(StoreFailure) in try await sidecar.vault.issue(order) }
            note("key \(key.id) issued by \(who.name)", keyID: key.id)
            return Issued(key: key, token: token)
        }
        let content = SecretDigest(of: call.request.content)
        do throws(OnceProblem) {
            let issued = try await sidecar.vault.issue(
                order, once: OrderName(issuer: who.name, name: name, content: content))
            if !issued.isReplay { note("key \(issued.key.id) issued by \(who.name)", keyID: issued.key.id) }
            return issued
        } catch {
            switch error {
            case .otherContent: throw .idempotencyKeyReused
            case .tokenGone(let id): throw .keyIssuedBefore(id)
            case .store(let failure): throw APIProblem(failure)
            }
        }
    }

    private func idempotencyKey(_ call: Call) throws(APIProblem) -> String? {
        guard let name = try call.request.single("idempotency-key") else { return nil }
        guard (1...255).contains(name.utf8.count), name.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw .field("Idempotency-Key", "expected 1 to 255 printable ASCII characters")
        }
        return name
    }

    func listKeys(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let query = try call.query(["label", "vendor", "status", "run_id", "tag.*", "after", "limit"])
        var filter = VaultFilter(
            label: query.glob("label"), vendor: query["vendor"], runID: query.glob("run_id"),
            status: try query.oneOf("status", ["active", "expired", "revoked"]), now: sidecar.clock())
        (filter.tags, filter.viewer) = (try query.tags(), call.viewer)
        let limit = try query.limit(default: 100, most: 1000)
        let keys = try await stored { () throws(StoreFailure) in
            try await sidecar.vault.keys(filter, after: query["after"], limit: limit)
        }
        let next = keys.count == limit ? keys.last?.id : nil
        return .json(200, .page("keys", keys.map { .fields(describe($0)) }, next: .text(next)))
    }

    func showKey(_ call: Call) async throws(APIProblem) -> APIAnswer {
        .json(200, .fields(describe(try await key(call))))
    }

    /// Harmless twice, and on a key that has expired.
    func revokeKey(_ call: Call) async throws(APIProblem) -> APIAnswer {
        let (reason, who) = (try reason(call), try operatorName(call))
        let id = try await key(call).id
        let key = try await stored { () throws(StoreFailure) in try await sidecar.vault.revoke(keyID: id) }
        guard let key else { throw .unknownKey(Shown.text(id)) }
        note("key \(key.id) revoked by \(who)\(reason)", runID: key.runID, keyID: key.id)
        return .json(200, .fields(describe(key)))
    }

    /// Lets the exchange give the key's run a new key.
    func reopenKey(_ call: Call) async throws(APIProblem) -> APIAnswer {
        _ = try call.object([])
        let who = try operatorName(call)
        let key = try await key(call)
        guard let runID = key.runID, key.isExchanged else { throw .keyNotExchanged(key.id) }
        try await stored { () throws(StoreFailure) in try await sidecar.vault.reopen(runID: runID, vendor: key.vendor) }
        note("run \(runID) may have keys for \(key.vendor) again, says \(who)", runID: runID, keyID: key.id)
        return .json(200, .fields(describe(key)))
    }

    /// The key of the path; to an issuer the keys of others are not there.
    private func key(_ call: Call) async throws(APIProblem) -> VaultKey {
        let key = try await stored { () throws(StoreFailure) in try await sidecar.vault.key(id: call.id) }
        guard let key, call.viewer?.sees(key) ?? true else { throw .unknownKey(Shown.text(call.id)) }
        return key
    }

    /// The run that a key is to belong to. A revoked one gets nothing more, also not through the control API.
    private func liveRun(_ runID: String?) async throws(APIProblem) -> Run? {
        guard let runID else { return nil }
        let run = try await stored { () throws(StoreFailure) in try await sidecar.vault.run(id: runID) }
        guard run?.revokedAt == nil else { throw .runRevoked(runID) }
        return run
    }

    /// Those that it is given, those of its run, and those that its label gives; they must agree.
    private func tags(of order: KeyOrder, _ run: Run?, _ call: Call) throws(APIProblem) -> Tags {
        for (name, value) in run?.tags ?? [:] where order.tags[name] ?? value != value {
            throw .field("tags.\(name)", "is \"\(value)\" for the run")
        }
        var given = order.tags.merging(run?.tags ?? [:]) { own, _ in own }
        do throws(Excess) { given = try order.policy?.tags(given, run: run?.tags ?? [:]) ?? given } catch {
            throw .beyondPolicy(error)
        }
        do throws(TagProblem) {
            let rules = sidecar.rules.tagRules(for: order.runID, call.bearer?.templates ?? [])
            return try rules.tags(given, label: order.label, also: order.policy?.requiredTags ?? [])
        } catch { throw APIProblem(error) }
    }

    /// A key as the API shows it; both names of everything that has two.
    private func describe(_ key: VaultKey) -> [(String, JSONValue?)] {
        let (account, caps) = books(of: key)
        let members: [(String, JSONValue?)] = [
            ("id", .string(key.id)), ("key_id", .string(key.id)), ("label", .string(key.label)),
            ("agent_run_label", .string(key.label)), ("vendor", .string(key.vendor)),
            ("status", .string(key.status(at: sidecar.clock()).rawValue)), ("run_id", .text(key.runID)),
            ("issued_by", .text(key.issuer)),
            ("tags", .tags(key.tags)), ("only", .only(key.only.filter { $0.operation == nil })),
            ("operations", .operations(key)),
            ("policy", .text(key.policy)), ("allowed_endpoints", .array(key.endpoints.map { .string($0.text) })),
            ("created_at", .time(key.createdAt)), ("expires_at", .time(key.expiresAt)),
            ("revoked_at", key.revokedAt.map { .time($0) }),
        ]
        return members + Figures(sidecar.ledger, account, caps).members(JSONValue.usd)
    }

    /// What a key's money is counted on: an exchanged one on its run's account under the policy.
    private func books(of key: VaultKey) -> (Account, Caps) {
        guard key.isExchanged, let name = key.policy, let runID = key.runID else { return (.key(key.id), key.caps) }
        let caps = sidecar.rules.policies.first { $0.name == name }?.caps
        return (.policy(name, run: runID), caps ?? Caps())
    }
}
