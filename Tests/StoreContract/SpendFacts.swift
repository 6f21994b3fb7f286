import Core
import Testing

extension Fact {
    /// What every store sums of what was spent.
    package static let spend: [Fact] = [
        Fact("a mix of ends, in doubt and decided later, sums to what the accounts count") { books in
            let clock = SetClock()
            let store = try await books.open(.utc) { clock.now }
            var mix = Mix(store)
            for round in 0..<4 {
                try await mix.run(requests: 60)
                if round == 1 { clock.now = clock.now + .days(1) }
                await mix.expectSums("round \(round)")
            }
            try await mix.decideSome()
            await mix.expectSums("after decisions")
            try await books.crash(store)
            let again = try await books.open(.utc) { clock.now }
            mix.store = again
            await mix.expectSums("after a crash, with everything open in doubt")
            try await mix.decideSome()
            await mix.expectSums("in the end")
            await books.close(again)
        },
        Fact("sums are told apart by label, its segments, run, key, vendor, policy and day") { books in
            let clock = SetClock()
            let store = try await books.open(.utc) { clock.now }
            for (number, label) in ["acme:pay:x:1", "acme:pay:x:2", "acme:mail", "zeta"].enumerated() {
                if number == 3 { clock.now = clock.now + .days(1) }
                var decision = DecisionRecord.example("req_\(number)", at: clock.now, run: "r\(number)", label: label)
                decision.policy = number == 0 ? nil : "billing"
                decision.vendor = number == 2 ? "twilio" : "stripe"
                decision.tags = Tag.text(number == 3 ? [:] : ["user": "u\(number % 2)", "tenant": "acme"])
                let hold = try await store.hold(.example(.dollars(1), [.run("r", Caps())], decision))
                store.close(hold, .settled(.dollars(Int64(number + 1))), .example(hold, cost: .zero))
            }
            store.record(.example("req_9", at: clock.now, run: nil, label: nil, code: "host_not_allowed"))
            let expected: [([SpendQuestion.Dimension], [[String]: Int64])] = [
                ([.label], [["acme:pay:x:1"]: 1, ["acme:pay:x:2"]: 2, ["acme:mail"]: 3, ["zeta"]: 4, [""]: 0]),
                ([.labelPrefix], [["acme:pay"]: 3, ["acme:mail"]: 3, ["zeta"]: 4, [""]: 0]),
                ([.policy], [[""]: 1, ["billing"]: 9]), ([.key], [["vk_1"]: 10]),
                ([.run], [["r0"]: 1, ["r1"]: 2, ["r2"]: 3, ["r3"]: 4, [""]: 0]),
                (
                    [.day, .vendor],
                    [["2026-11-24", "stripe"]: 3, ["2026-11-24", "twilio"]: 3, ["2026-11-25", "stripe"]: 4]
                ),
                ([], [[]: 10]), ([.tag], [["u0"]: 4, ["u1"]: 2, [""]: 4]),
            ]
            for (by, sums) in expected {
                var question = SpendQuestion(by: by)
                (question.depth, question.tagName) = (2, "user")
                let report = try await store.spend(question)
                let found = Dictionary(uniqueKeysWithValues: report.groups.map { ($0.names, $0.sum.spent) })
                #expect(found == sums.mapValues(Money.dollars), "\(by)")
                #expect(report.total.requests == 4 && report.total.refused == 1)
            }
            await books.close(store)
        },
        Fact("sums are of the days, labels, runs, keys, vendors and policies that were asked for") { books in
            let clock = SetClock()
            let store = try await books.open(.utc) { clock.now }
            for day in 0..<3 {
                var decision = DecisionRecord.example("req_\(day)", at: clock.now, run: "r\(day)", label: "l\(day)")
                (decision.keyID, decision.vendor, decision.policy) = ("k\(day)", "v\(day)", "p\(day)")
                decision.tags = "user=u\(day)"
                let hold = try await store.hold(.example(.dollars(1), [.run("r", Caps())], decision))
                // One is open and one in doubt: they are found like those that ended.
                if day == 0 { store.close(hold, .settled(.dollars(1)), .example(hold, cost: .dollars(1))) }
                if day == 1 { store.close(hold, .inDoubt(evidence: "timeout"), .example(hold, "in_doubt")) }
                clock.now = clock.now + .days(1)
            }
            let first = Int32(Moment.start.seconds / 86_400)
            for day in 0..<3 {
                let asked: [(inout SpendQuestion) -> Void] = [
                    { ($0.firstDay, $0.lastDay) = (first + Int32(day), first + Int32(day)) },
                    { $0.label = Glob("*\(day)") }, { $0.runID = Glob("r\(day)") }, { $0.keyID = "k\(day)" },
                    { $0.tags = ["user": Glob("*\(day)")] }, { $0.vendor = "v\(day)" }, { $0.policy = "p\(day)" },
                ]
                for ask in asked {
                    var question = SpendQuestion(by: [.run])
                    ask(&question)
                    let report = try await store.spend(question)
                    #expect(report.groups.map(\.names) == [["r\(day)"]], "\(question)")
                    #expect(report.total.counted == .dollars(1))
                }
            }
            await books.close(store)
        },
        Fact("what was to be free and cost something is counted") { books in
            let store = try await books.open()
            let hold = try await store.hold(.example(.zero, [.everything]))
            store.close(hold, .settled(Money(micros: 7)), .example(hold, "free", cost: Money(micros: 7)))
            let report = try await store.spend(SpendQuestion(by: [.label]))
            #expect(report.groups.map(\.names) == [["billing-7"]] && report.total.spent.micros == 7)
            await books.close(store)
        },
    ]
}

/// Requests that end in every way, the same in each run of the test.
private struct Mix {
    var store: any Store
    private var random = Steps()
    private var number = 0

    init(_ store: any Store) { self.store = store }

    mutating func run(requests: Int) async throws {
        for _ in 0..<requests {
            number += 1
            let decision = example()
            if random.below(6) == 0 {
                store.record(decision)
                continue
            }
            let estimate = Money(micros: Int64(random.below(3) == 0 ? 0 : 1 + random.below(5_000_000)))
            let covers = [Cover.everything, .run("r", Caps())]
            let hold = try await store.hold(
                HoldEntry(
                    requestID: decision.requestID, estimate: estimate, covers: covers, decision: decision))
            end(hold)
        }
    }

    private mutating func example() -> DecisionRecord {
        let (run, label) = ("run-\(random.below(4))", "tenant-\(random.below(3)):pay:\(random.below(5))")
        var decision = DecisionRecord.example("req_\(number)", run: run, label: label)
        (decision.keyID, decision.policy) = ("vk_\(random.below(7))", random.below(2) == 0 ? nil : "billing")
        decision.vendor = random.below(2) == 0 ? "stripe" : "twilio"
        return decision
    }

    private mutating func end(_ hold: Hold) {
        switch random.below(6) {
        case 0: store.close(hold, .released, .example(hold, "released"))
        case 1: store.close(hold, .inDoubt(evidence: "timeout"), .example(hold, "in_doubt"))
        case 2: break
        case 3:
            // Dearer than the estimate, and closed twice.
            let cost = Money(micros: hold.estimate.micros + Int64(random.below(1000)))
            for _ in 0..<2 { store.close(hold, .settled(cost), .example(hold, cost: cost)) }
        default: store.close(hold, .settled(hold.estimate), .example(hold, cost: hold.estimate))
        }
    }

    /// Every second of what is in doubt: as held, at another cost, or not at all.
    mutating func decideSome() async throws {
        for hold in try await store.holds(inDoubtOnly: true) where random.below(2) == 0 {
            let costs: [Verdict.Cost] = [.none, .estimate, .exactly(Money(micros: Int64(random.below(9_000_000))))]
            _ = try await store.decide(hold.requestID, Verdict(cost: costs[random.below(3)], evidence: "ops: seen"))
        }
    }

    func expectSums(_ when: Comment) async {
        let account = store.balances([.everything])[0].total
        for by in [[], [.label], [.labelPrefix, .run], SpendQuestion.Dimension.allCases] {
            guard let report = try? await store.spend(SpendQuestion(by: by)) else {
                Issue.record("no sums")
                continue
            }
            let total = report.total
            #expect(total.spent == account.spent && total.held == account.held, when)
            #expect(total.inDoubt == account.inDoubt, when)
        }
    }
}

/// Numbers that look random (Knuth's MMIX generator).
private struct Steps {
    private var state: UInt64 = 7

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}
