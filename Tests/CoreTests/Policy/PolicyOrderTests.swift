import Testing

@testable import Core

@Suite struct `The money of a key that was ordered under a policy` {
    /// Ten dollars a day for each run, six for payments.
    private static func rules(_ change: (inout Rules) -> Void = { _ in }) -> Rules {
        var rules = Example.rules()
        rules.policies[0].caps = Caps(daily: .dollars(10))
        rules.policies[0].operationCaps = ["payment_intents.create": Caps(daily: .dollars(6))]
        change(&rules)
        return rules
    }

    private func key(_ world: World, runID: String? = nil) async throws -> String {
        let policy = try #require(world.rules.policies.first { $0.name == "billing" })
        var order = KeyOrder(
            label: "l", vendor: "stripe", endpoints: policy.endpoints, caps: Caps(), lifetime: .seconds(60))
        (order.policy, order.runID) = (policy, runID)
        return try await world.vault.issue(try policy.bound(order)).token
    }

    /// Pays four dollars with a key.
    private func pay(_ world: World, _ token: String) async -> String? {
        let content = "amount=400&currency=usd"
        let head = RequestHead(
            method: .post, target: Array("/stripe/v1/payment_intents".utf8),
            fields: Fields([
                ("Host", "127.0.0.1:4700"), ("Authorization", "Bearer \(token)"),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ]), framing: .fixed(Int64(content.utf8.count)))
        let client = FakeClient([content])
        await world.answer(Arrival(head: head, way: .listener, lane: 0), client, from: FakeOrigin(200))
        return client.refusal?.code
    }

    private func spent(_ world: World, _ account: String) -> Money {
        world.store.balances([Account(kind: .policy, id: account, title: "")])[0].today.spent
    }

    @Test func `counts on the key alone when it is of no run`() async throws {
        let world = try await World(Self.rules())
        let (first, second) = (try await key(world), try await key(world))
        #expect(await pay(world, first) == nil)
        #expect(await pay(world, first) == "cap_exhausted", "six dollars for payments")
        #expect(await pay(world, second) == nil, "another key has its own")
        #expect(world.decisions.last?.policy == "billing")
    }

    @Test func `counts on its run's account, which all keys of the run share`() async throws {
        let world = try await World(Self.rules())
        let (first, second) = (try await key(world, runID: "billing-7"), try await key(world, runID: "billing-7"))
        #expect(await pay(world, first) == nil)
        #expect(await pay(world, second) == "cap_exhausted")
        #expect(spent(world, "policy:billing:billing-7") == .dollars(4))
        #expect(spent(world, "policy:billing:billing-7:payment_intents.create") == .dollars(4))
    }

    @Test func `keeps the caps of then when the policy gets others, is gone, or is not the run's`() async throws {
        let changes: [(inout Rules) -> Void] = [
            { rules in rules.policies[0].caps = Caps(daily: .dollars(99)) }, { rules in rules.policies = [] },
            { rules in rules.policies[0].operationCaps = [:] },
            { rules in
                var first = rules.policies[0]
                (first.name, first.caps, first.operationCaps) = ("first", Caps(), [:])
                rules.policies.insert(first, at: 0)
            },
        ]
        for change in changes {
            let world = try await World(Self.rules())
            let tokens = [try await key(world, runID: "billing-7"), try await key(world, runID: "billing-7")]
            world.sidecar.replace(Self.rules(change))
            #expect(await pay(world, tokens[0]) == nil)
            #expect(await pay(world, tokens[1]) == "cap_exhausted")
        }
    }

    @Test func `is held to lower caps that its run gets`() async throws {
        let world = try await World(Self.rules())
        let token = try await key(world, runID: "billing-7")
        world.sidecar.replace(Self.rules { $0.policies[0].caps = Caps(daily: .dollars(3)) })
        #expect(await pay(world, token) == "cap_exhausted")
    }

    @Test func `is held to the policy although that only watches its runs`() async throws {
        let world = try await World(Self.rules { $0.policies[0].observes = true })
        let token = try await key(world, runID: "billing-7")
        #expect(await pay(world, token) == nil)
        #expect(await pay(world, token) == "cap_exhausted")
    }

    @Test func `counts in a budget for each policy, and is stopped with it`() async throws {
        let world = try await World(
            Self.rules { rules in
                var budget = Budget(name: "policies")
                (budget.per, budget.caps.daily) = ([.policy], .dollars(100))
                rules.budgets = [budget]
            })
        let token = try await key(world)
        #expect(await pay(world, token) == nil)
        #expect(spent(world, "budget:policies:billing") == .dollars(4))
        _ = try await world.sidecar.stops.stop(.policy("billing"), for: nil, reason: "", by: "ops")
        #expect(await pay(world, token) == "stopped")
    }

    @Test func `stops with the policy also when its run falls under another`() async throws {
        let world = try await World(Self.rules())
        let token = try await key(world, runID: "billing-7")
        world.sidecar.replace(Self.rules { $0.policies[0].name = "renamed" })
        _ = try await world.sidecar.stops.stop(.policy("billing"), for: nil, reason: "", by: "ops")
        #expect(await pay(world, token) == "stopped")
    }
}
