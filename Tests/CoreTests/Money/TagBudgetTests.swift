import Testing

@testable import Core

/// Ten dollars a day for each user of each tenant.
private func usersBudget() -> Budget {
    var budget = Budget(name: "users")
    (budget.per, budget.caps.daily) = ([.tag("tenant"), .tag("user")], .dollars(10))
    return budget
}

@Suite struct `A budget for each user` {
    private func world(_ change: (inout Rules) -> Void = { _ in }) async throws -> World {
        var rules = Example.rules()
        rules.budgets = [usersBudget()]
        change(&rules)
        return try await World(rules)
    }

    /// A payment of four dollars with a fresh key, as a web request makes one.
    private func pay(_ world: World, _ tags: Tags, label: String = "label") async throws -> Refusal? {
        var order = KeyOrder(
            label: label, vendor: "stripe", endpoints: [try EndpointPattern("/*")], caps: Caps(), lifetime: .seconds(60)
        )
        order.tags = tags
        let (_, token) = try await world.vault.issue(order)
        let content = "amount=400&currency=usd"
        let head = RequestHead(
            method: .post, target: Array("/stripe/v1/payment_intents".utf8),
            fields: Fields([
                ("Host", "127.0.0.1:4700"), ("Authorization", "Bearer \(token)"),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ]), framing: .fixed(Int64(content.utf8.count)))
        let client = FakeClient([content])
        await world.answer(Arrival(head: head, way: .listener, lane: 0), client, from: FakeOrigin(200))
        return client.refusal
    }

    private func fresh(_ world: World, _ tags: Tags) async throws -> [String?] {
        var codes: [String?] = []
        for _ in 0..<3 { codes.append(try await pay(world, tags)?.code) }
        return codes
    }

    @Test func `bounds a user although each request has a fresh key`() async throws {
        let world = try await world()
        #expect(try await fresh(world, ["tenant": "acme", "user": "42"]) == [nil, nil, "cap_exhausted"])
        #expect(try await fresh(world, ["tenant": "acme", "user": "43"]) == [nil, nil, "cap_exhausted"])
        #expect(try await fresh(world, ["tenant": "evil", "user": "42"]) == [nil, nil, "cap_exhausted"])
    }

    @Test func `is not escaped by leaving the tag out`() async throws {
        let world = try await world()
        #expect(try await fresh(world, [:]) == [nil, nil, "cap_exhausted"])
        #expect(try await pay(world, [:])?.code == "cap_exhausted")
    }

    @Test func `takes other caps at once, until their time, over a reload and a restart`() async throws {
        let world = try await world()
        let tags = ["tenant": "acme", "user": "42"]
        #expect(try await fresh(world, tags).last == "cap_exhausted")
        let change = BudgetChange(
            budget: "users", value: "acme,42", caps: Caps(daily: .dollars(14)), createdAt: .start,
            until: .start + .seconds(60), reason: "", by: "ops")
        try await world.sidecar.put(change)
        world.sidecar.replace(world.rules)
        let restarted = Sidecar(
            rules: world.rules, vaultStore: world.store, ledger: world.store, audit: world.store, clock: { .start })
        try await restarted.load()
        #expect(restarted.rules.budgetChanges == [change.id: change])
        #expect(try await fresh(world, tags) == [nil, "cap_exhausted", "cap_exhausted"])
        #expect(try await fresh(world, ["tenant": "acme", "user": "43"]) == [nil, nil, "cap_exhausted"])
        try await world.sidecar.put(
            BudgetChange(
                budget: "users", value: "acme,42", caps: Caps(daily: .dollars(99)), createdAt: .start,
                until: .start + .seconds(60), reason: "", by: "ops"))
        world.pass(.seconds(60))
        #expect(try await fresh(world, tags).first == "cap_exhausted")
    }

    @Test func `changes nothing while the store can't write it down`() async throws {
        let world = try await world()
        world.store.breaks("disk full")
        let change = BudgetChange(
            budget: "users", value: "a,1", caps: Caps(daily: .dollars(99)), createdAt: .start, until: nil, reason: "",
            by: "ops")
        await #expect(throws: StoreFailure.self) { try await world.sidecar.put(change) }
        #expect(world.rules.budgetChanges.isEmpty)
    }

    @Test func `keeps values with commas apart`() {
        #expect(Budget.value(["a,b", "c"]) != Budget.value(["a", "b,c"]))
        #expect(Budget.value(["a%2Cb", "c"]) != Budget.value(["a,b", "c"]))
        #expect(Budget.value(["acme", "42"]) == "acme,42" && Budget.value(["a,b"]) == "a,b")
    }

    @Test func `counts only the owners that it is for`() async throws {
        let world = try await world { $0.budgets[0].tags = ["tenant": Glob("ac*")] }
        #expect(try await fresh(world, ["tenant": "acme", "user": "42"]).last == "cap_exhausted")
        #expect(try await fresh(world, ["tenant": "other", "user": "42"]) == [nil, nil, nil])
        #expect(try await fresh(world, [:]) == [nil, nil, nil])
    }

    @Test func `counts on the run's account too, when the run shows a key of somebody else`() async throws {
        let world = try await world()
        _ = try await world.vault.end(runID: "billing-7")
        let tags = ["tenant": "acme", "user": "7"]
        let secret = try await world.vault.register(
            runID: "billing-7", lifetime: .seconds(60), lease: nil, tags: tags
        ).secret
        let (_, token) = try await world.issue()
        var (arrival, client) = world.payment("amount=900&currency=usd")
        arrival.head.fields.append("Authorization", "Bearer \(token)")
        arrival.way = .tunnel(host: "api.stripe.com", world.credential("billing-7", secret), runID: nil)
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(client.refusal == nil)
        let account = Account(kind: .budget, id: "budget:users:acme,7", title: "")
        #expect(world.store.balances([account])[0].today.spent == .dollars(9))
        let untagged = Account(kind: .budget, id: "budget:users:-,-", title: "")
        #expect(world.store.balances([untagged])[0].today.spent == .dollars(9))
    }

    @Test func `takes a run's tags from its label, and of another registration the new ones`() async throws {
        var rules = Example.rules()
        rules.budgets = [usersBudget()]
        rules.tagRules.templates = [LabelTemplate("billing-{user}")].compactMap(\.self)
        let world = try await World(rules)
        let (arrival, client) = world.payment()
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(world.decisions.last?.tags == "user=7")
        _ = try await world.vault.end(runID: "billing-7")
        let secret = try await world.vault.register(
            runID: "billing-7", lifetime: .seconds(60), lease: nil, tags: ["tenant": "new"]
        ).secret
        var (again, other) = world.payment()
        again.way = .tunnel(host: "api.stripe.com", world.credential("billing-7", secret), runID: nil)
        await world.answer(again, other, from: FakeOrigin(200))
        #expect(client.refusal == nil && other.refusal == nil)
        #expect(world.decisions.last?.tags == "tenant=new,user=7")
    }

    @Test func `takes the tags of a program's runs from its own labels, whoever names them`() async throws {
        var rules = Example.rules()
        rules.budgets = [usersBudget()]
        rules.tagRules.templates = [LabelTemplate("billing-{tenant}")].compactMap(\.self)
        rules.trusted[0].templates = [LabelTemplate("billing-{user}")].compactMap(\.self)
        rules.trusted[0].ceiling.requiredTags = ["user"]
        let world = try await World(rules)
        let (own, client) = world.payment()
        await world.answer(own, client, from: FakeOrigin(200))
        #expect(world.decisions.last?.tags == "user=7")
        var (named, other) = world.payment()
        named.way = .tunnel(
            host: "api.stripe.com", world.credential("django", "program-secret"), runID: "billing-8")
        await world.answer(named, other, from: FakeOrigin(200))
        #expect(client.refusal == nil && other.refusal == nil)
        #expect(world.decisions.last?.tags == "user=8")
    }

    @Test func `gives no key to a run without a required tag, or with an ambiguous label`() async throws {
        for (template, required) in [("x-{user}", ["user"]), ("billing-{tenant}-{user}", [])] {
            var rules = Example.rules()
            rules.tagRules.templates = [LabelTemplate(template)].compactMap(\.self)
            rules.policies[0].requiredTags = required
            rules.policies[0].label = "billing-a-b-{run}"
            let world = try await World(rules)
            let (arrival, client) = world.payment()
            let origin = FakeOrigin(200)
            await world.answer(arrival, client, from: origin)
            #expect(client.refusal?.code == "malformed_request" && origin.requests.isEmpty)
            #expect(client.refusal?.message.contains("billing-7") == true)
        }
    }
}
