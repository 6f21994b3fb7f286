import Testing

@testable import Core

@Suite struct `So many at once` {
    @Test func `are served, half of them for one caller`() throws {
        let gate = Turnstile(limit: 4)
        for _ in 0..<2 { try gate.enter("a") }
        #expect(throws: Refusal.overloaded) { try gate.enter("a") }
        try gate.enter("b")
        try gate.enter("c")
        #expect(throws: Refusal.overloaded) { try gate.enter("d") }
        gate.leave("a")
        try gate.enter("d")
        #expect(gate.count == 4)
    }

    @Test func `are as many as there are descriptors for`() {
        let few = ServingLimits().within(descriptors: 256)
        #expect(few.connections + few.requests + few.operators <= 256 - 64)
        #expect(few.connections >= 64 && few.requests >= 32 && few.operators >= 16)
        let many = ServingLimits().within(descriptors: 1 << 20)
        #expect(many == ServingLimits())
    }

    private func world(_ change: (inout ServingLimits) -> Void) async throws -> World {
        var limits = ServingLimits()
        change(&limits)
        return try await World(limits: limits)
    }

    @Test func `requests of one run leave room for the others, and come back`() async throws {
        let world = try await world { ($0.requests, $0.requestsPerRun) = (2, 1) }
        let over = Guarded(false)
        let slow = FakeOrigin(200, "{}", [], .act { while !over.withLockedValue({ $0 }) { await Task.yield() } })
        let (first, waiting) = world.payment()
        let held = Task { await world.answer(first, waiting, from: slow) }
        while slow.requests.isEmpty { await Task.yield() }
        let (second, refused) = world.payment()
        await world.answer(second, refused, from: FakeOrigin(200))
        #expect(refused.refusal == .overloaded && world.decisions.last?.code == "overloaded")
        let other = try await world.vault.register(runID: "billing-8", lifetime: .seconds(60), lease: nil).secret
        var (arrival, served) = world.payment()
        arrival.way = .tunnel(host: "api.stripe.com", world.credential("billing-8", other), runID: nil)
        await world.answer(arrival, served, from: FakeOrigin(200))
        #expect(served.said.first == .head(200))
        over.withLockedValue { $0 = true }
        await held.value
        let (third, again) = world.payment()
        await world.answer(third, again, from: FakeOrigin(200))
        #expect(again.said.first == .head(200))
    }

    @Test func `bytes wait to be judged, of each request more than 64 KiB`() async throws {
        let world = try await world { $0.contentBytes = 100 << 10 }
        let long = "amount=500&currency=usd&metadata[x]=" + String(repeating: "x", count: 80 << 10)
        let (arrival, client) = world.payment(long)
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal == .overloaded && world.closings.isEmpty)
        let (short, served) = world.payment("amount=500&currency=usd")
        await world.answer(short, served, from: FakeOrigin(200))
        #expect(served.said.first == .head(200))
        #expect(world.sidecar.contentBytes.count == 0, "it is given back")
    }
}
