import Testing

@testable import Core

@Suite struct `What an operator stopped` {
    private static let events = AnswerHead(
        status: 200, fields: Fields([("Content-Type", "text/event-stream")]), framing: .chunked)

    @Test(arguments: ["all", "run=billing-*", "run=billing-7", "label=billing-7", "policy=billing", "vendor=stripe"])
    func `is refused, gets no key, and reaches nobody`(_ text: String) async throws {
        let world = try await World()
        let target = try #require(Stop.Target(text))
        let stop = try await world.sidecar.stops.stop(target, for: nil, reason: "a loop", by: "ops")
        let (arrival, client) = world.payment()
        let origin = FakeOrigin(200)
        await world.answer(arrival, client, from: origin)
        #expect(client.refusal == .stopped(text, reason: "a loop"))
        #expect(origin.requests.isEmpty && world.store.state.withLockedValue { $0.keys.isEmpty })
        #expect(world.decisions.map(\.code) == ["stopped"])
        #expect(try await world.sidecar.stops.lift(stop.id) == stop)
        let (again, answered) = world.payment()
        await world.answer(again, answered, from: FakeOrigin(200))
        #expect(answered.refusal == nil)
    }

    @Test(arguments: ["run=bill", "run=*-8", "label=acme:*", "policy=phones", "vendor=twilio"])
    func `is that and nothing else`(_ text: String) async throws {
        let world = try await World()
        _ = try await world.sidecar.stops.stop(try #require(Stop.Target(text)), for: nil, reason: "", by: "ops")
        let (arrival, client) = world.payment()
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal == nil)
    }

    @Test(arguments: ["all", "run=billing-7", "label=billing-*", "policy=billing", "vendor=stripe"])
    func `is cut while it is in flight`(_ text: String) async throws {
        let world = try await World()
        let target = try #require(Stop.Target(text))
        let (arrival, client) = world.payment()
        let origin = FakeOrigin([
            .event(.head(Self.events)), .event(.content(Array("data: 1\n\n".utf8))),
            .act { _ = try? await world.sidecar.stops.stop(target, for: nil, reason: "", by: "ops") }, .wait,
        ])
        await world.answer(arrival, client, from: origin)
        #expect(client.said.last == .cut("event: error\ndata: {\"code\":\"stopped\"}\n\n"))
        #expect(world.outcomes.map(\.failure) == ["stopped"])
    }

    @Test func `while its content arrived is not sent after all`() async throws {
        let world = try await World()
        let (arrival, _) = world.payment()
        let client = FakeClient(
            ["amount=500&currency=usd"],
            onRead: { _ = try? await world.sidecar.stops.stop(.label(Glob("billing-*")), for: nil, reason: "", by: "") }
        )
        let origin = FakeOrigin(200)
        await world.answer(arrival, client, from: origin)
        #expect(origin.requests.isEmpty && client.refusal?.code == "stopped" && world.closings == [.released])
    }

    @Test func `with a key of its own is found by that key's label`() async throws {
        let world = try await World()
        let (_, token) = try await world.issue()
        let arrival = world.direct(
            .get, "/stripe/v1/balance", [("Host", "127.0.0.1:4700"), ("Authorization", "Bearer \(token)")])
        _ = try await world.sidecar.stops.stop(.label(Glob("lab*")), for: nil, reason: "", by: "ops")
        let client = FakeClient()
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal?.code == "stopped")
    }

    @Test(arguments: [("tag.user=4*", true), ("tag.user=5", false), ("tag.tenant=*", false)])
    func `is found by the tags of its key, and of its run`(_ text: String, _ stopped: Bool) async throws {
        let world = try await World()
        var order = KeyOrder(
            label: "l", vendor: "stripe", endpoints: [try EndpointPattern("/*")], caps: Caps(), lifetime: .seconds(60))
        order.tags = ["user": "42"]
        let (_, token) = try await world.vault.issue(order)
        _ = try await world.sidecar.stops.stop(try #require(Stop.Target(text)), for: nil, reason: "", by: "ops")
        let (client, other) = (FakeClient(), FakeClient())
        let fields = [("Host", "127.0.0.1:4700"), ("Authorization", "Bearer \(token)")]
        await world.answer(world.direct(.get, "/stripe/v1/balance", fields), client, from: FakeOrigin(200))
        #expect((client.refusal?.code == "stopped") == stopped)
        let run = try await world.vault.register(
            runID: "billing-8", lifetime: .seconds(60), lease: nil, tags: ["user": "42"])
        let arrival = world.tunnelled(.get, "/v1/balance", credential: world.credential("billing-8", run.secret))
        await world.answer(arrival, other, from: FakeOrigin(200))
        #expect((other.refusal?.code == "stopped") == stopped)
    }

    @Test func `is found by its run's own label too, whatever other key it shows`() async throws {
        let world = try await World()
        let (_, token) = try await world.issue()
        let arrival = world.tunnelled(.get, "/v1/balance", [("Authorization", "Bearer \(token)")])
        let client = FakeClient()
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal == nil)
        let (again, stopped) = (FakeOrigin(200), FakeClient())
        _ = try await world.sidecar.stops.stop(.label(Glob("billing-*")), for: nil, reason: "", by: "ops")
        await world.answer(arrival, stopped, from: again)
        #expect(stopped.refusal?.code == "stopped" && again.requests.isEmpty)
    }

    @Test func `goes on by itself when the time is over, and is forgotten`() async throws {
        let world = try await World()
        _ = try await world.sidecar.stops.stop(.all, for: .seconds(60), reason: "", by: "ops")
        await world.sidecar.stops.forgetOver()
        #expect(world.sidecar.stops.all.count == 1)
        world.pass(.seconds(60))
        let (arrival, client) = world.payment()
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal == nil)
        await world.sidecar.stops.forgetOver()
        #expect(world.sidecar.stops.all.isEmpty && world.store.state.withLockedValue { $0.stops.isEmpty })
    }

    @Test func `stays so after a restart, and although the store can't be written`() async throws {
        let world = try await World()
        let stop = try await world.sidecar.stops.stop(.all, for: nil, reason: "", by: "ops")
        let again = Sidecar(
            rules: world.rules, vaultStore: world.store, ledger: world.store, audit: world.store,
            clock: world.vault.clock)
        try await again.vault.load()
        #expect(again.stops.all == [stop])
        world.store.breaks("disk full")
        await #expect(throws: StoreFailure.self) { try await again.stops.lift(stop.id) }
        await #expect(throws: StoreFailure.self) {
            try await again.stops.stop(.vendor("x"), for: nil, reason: "", by: "")
        }
        #expect(again.stops.all.count == 2, "in doubt it is stopped")
    }

    @Test(arguments: ["", "run", "run=", "all=", "tag=x", "Label=x", "=x"])
    func `is not named in any other way`(_ text: String) {
        #expect(Stop.Target(text) == nil)
    }
}
