import Testing

@testable import Core

@Suite struct `A policy that only watches` {
    private func world(_ change: (inout Rules) -> Void = { _ in }) async throws -> World {
        var rules = Example.rules()
        rules.policies[0].observes = true
        rules.policies[0].endpoints = [try EndpointPattern("/v1/payment_intents")]
        change(&rules)
        return try await World(rules)
    }

    private func post(_ world: World, _ target: String, _ content: String) async -> FakeClient {
        let length = Int64(content.utf8.count)
        let arrival = world.tunnelled(
            .post, target, [("Content-Type", "application/x-www-form-urlencoded")], framing: .fixed(length))
        let client = FakeClient([content])
        await world.answer(arrival, client, from: FakeOrigin(200))
        return client
    }

    @Test func `lets through what it does not list, and says so on record`() async throws {
        let world = try await world()
        let client = await post(world, "/v1/customers", "name=A")
        #expect(client.refusal == nil)
        let decision = try #require(world.decisions.last)
        #expect(decision.code == "allowed" && decision.observed == "endpoint_not_allowed")
        #expect(decision.reason?.contains("customers.create") == true)
    }

    @Test func `lets through what passes its caps, and counts it`() async throws {
        let world = try await world { $0.policies[0].caps = Caps(daily: .dollars(7)) }
        for _ in 0..<2 { #expect(await post(world, "/v1/payment_intents", "amount=500&currency=usd").refusal == nil) }
        #expect(world.decisions.map(\.observed) == [nil, "cap_exhausted"])
        #expect(world.spent.spent == .dollars(10))
    }

    @Test func `lets through what has no price, and fields that do not fit`() async throws {
        let world = try await world { $0.policies[0].only = [FieldRule(field: "customer", values: ["cus_1"])] }
        #expect(await post(world, "/v1/payment_links", "charge=ch_1&customer=cus_1").refusal == nil)
        #expect(await post(world, "/v1/payment_intents", "amount=500&currency=usd&customer=cus_2").refusal == nil)
        #expect(world.decisions.map(\.observed) == ["endpoint_not_allowed", "field_not_allowed"])
    }

    @Test func `notes a missing price under its caps`() async throws {
        let world = try await world { $0.policies[0].endpoints = [try? EndpointPattern("/*")].compactMap(\.self) }
        #expect(await post(world, "/v1/payment_links", "charge=ch_1").refusal == nil)
        #expect(world.decisions.map(\.observed) == ["cost_unknown"])
    }

    @Test func `never reaches what is sensitive or refused, passes no budget, and stops nothing short`() async throws {
        let world = try await world { rules in
            var budget = Budget(name: "all")
            budget.caps.total = .dollars(6)
            rules.budgets = [budget]
        }
        #expect(await post(world, "/v1/ephemeral_keys", "a=b").refusal?.code == "endpoint_not_allowed")
        #expect(await post(world, "/v1/payment_intents", "amount=500&currency=usd").refusal == nil)
        #expect(await post(world, "/v1/payment_intents", "amount=500&currency=usd").refusal?.code == "cap_exhausted")
        #expect(await post(world, "/v1/payment_links", "charge=ch_1").refusal?.code == "cost_unknown")
        _ = try await world.sidecar.stops.stop(.all, for: nil, reason: "", by: "ops")
        #expect(await post(world, "/v1/customers", "name=A").refusal?.code == "stopped")
    }

    @Test func `does not loosen a key that was issued`() async throws {
        let world = try await world()
        let (_, token) = try await world.issue(["/v1/charges"], runID: "billing-7")
        let arrival = world.tunnelled(.get, "/v1/customers", [("Authorization", "Bearer \(token)")])
        let client = FakeClient()
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal?.code == "endpoint_not_allowed")
    }
}
