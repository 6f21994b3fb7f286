@testable import Core

/// A sidecar in memory, with one live run.
struct World: Sendable {
    let store = MemoryStore()
    let sidecar: Sidecar
    let clock: Guarded<Moment>
    let secret: String

    init(_ rules: Rules = Example.rules(), limits: ServingLimits = ServingLimits()) async throws {
        let clock = Guarded(Moment.start)
        self.clock = clock
        sidecar = Sidecar(
            rules: rules, vaultStore: store, ledger: store, audit: store, clock: { clock.withLockedValue { $0 } },
            limits: limits)
        secret = try await sidecar.vault.register(runID: "billing-7", lifetime: .seconds(86_400), lease: nil).secret
    }

    var vault: Vault { sidecar.vault }
    var rules: Rules { sidecar.rules }

    func pass(_ span: Span) { clock.withLockedValue { $0 = $0 + span } }

    /// The run's proxy credential.
    func credential(_ user: String = "billing-7", _ password: String? = nil) -> ProxyCredential? {
        ProxyCredential(("Basic " + basic(user, password ?? secret)).utf8.map { $0 }[...])
    }

    func basic(_ user: String, _ password: String) -> String {
        String(bytes: Base64.encode(Array("\(user):\(password)".utf8)))
    }

    func issue(_ endpoints: [String] = ["/*"], vendor: String = "stripe", runID: String? = nil, caps: Caps = Caps())
        async throws
        -> (key: VaultKey, token: String)
    {
        var order = KeyOrder(
            label: "label", vendor: vendor, endpoints: try endpoints.map { try EndpointPattern($0) }, caps: caps,
            lifetime: .seconds(3600))
        order.runID = runID
        return try await vault.issue(order)
    }

    /// A request inside the run's tunnel.
    func tunnelled(
        _ method: Core.Method = .post, _ target: String = "/v1/payment_intents", _ fields: [(String, String)] = [],
        host: String = "api.stripe.com", framing: Framing = .none, credential: ProxyCredential? = nil,
        runID: String? = nil
    ) -> Arrival {
        var all = Fields([("Host", host)])
        for (name, value) in fields { all.append(name, value) }
        let head = RequestHead(method: method, target: Array(target.utf8), fields: all, framing: framing)
        return Arrival(head: head, way: .tunnel(host: host, credential ?? self.credential(), runID: runID), lane: 0)
    }

    /// A request on the listener.
    func direct(_ method: Core.Method, _ target: String, _ fields: [(String, String)]) -> Arrival {
        Arrival(
            head: RequestHead(method: method, target: Array(target.utf8), fields: Fields(fields)), way: .listener,
            lane: 0)
    }

    /// A payment of so many cents.
    func payment(_ content: String = "amount=500&currency=usd", type: String = "application/x-www-form-urlencoded") -> (
        Arrival, FakeClient
    ) {
        let length = Int64(content.utf8.count)
        return (
            tunnelled(.post, "/v1/payment_intents", [("Content-Type", type)], framing: .fixed(length)),
            FakeClient([content])
        )
    }

    func answer(_ arrival: Arrival, _ client: FakeClient, from origin: FakeOrigin) async {
        await Exchange(sidecar: sidecar, origin: origin).answer(arrival, client)
    }

    var spent: Balance.Sums {
        store.balances([Account(kind: .policy, id: "policy:billing:billing-7", title: "")])[0].total
    }
    var closings: [Closing] { store.state.withLockedValue { $0.closings } }
    var outcomes: [OutcomeRecord] { store.state.withLockedValue { $0.outcomes } }
    var decisions: [DecisionRecord] { store.state.withLockedValue { $0.decisions } }
}
