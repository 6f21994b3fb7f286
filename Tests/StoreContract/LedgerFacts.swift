import Core
import Testing

extension Fact {
    /// What the books of every store do.
    package static let ledger: [Fact] = [
        Fact("accounts are found by the beginning of their ID, in pages, with what counts today") { books in
            let clock = SetClock()
            let store = try await books.open(.utc) { clock.now }
            let ids = ["budget:b:", "budget:b:1", "budget:b:2", "budget:b:\u{10FFF0}", "budget:bb:1", "budget:a:1"]
            for (number, id) in ids.enumerated() {
                let cover = Cover(account: Account(kind: .budget, id: id, title: id), caps: Caps(), place: nil)
                let decision = DecisionRecord.example("req_\(number)")
                let hold = try await store.hold(.example(.dollars(Int64(number + 1)), [cover], decision))
                store.close(hold, .settled(hold.estimate), .example(hold, cost: hold.estimate))
            }
            let first = try await store.balances(prefix: "budget:b:", after: nil, limit: 3)
            #expect(
                first.map(\.account.id) == Array(ids[..<3]) && first.map(\.today.spent) == [1, 2, 3].map(Money.dollars))
            let rest = try await store.balances(prefix: "budget:b:", after: ids[2], limit: 3)
            #expect(rest.map(\.account.id) == [ids[3]])
            clock.now = clock.now + .days(1)
            let later = try await store.balances(prefix: "budget:b:1", after: nil, limit: 3)
            #expect(later.map(\.today.spent) == [.zero] && later.map(\.total.spent) == [.dollars(2)])
            await books.close(store)
        },
        Fact("the use of an idempotency key is written with its hold, and found again after a crash") { books in
            func use(_ name: String, _ lives: Span, _ id: String) -> IdempotentUse {
                IdempotentUse(
                    key: SecretDigest(of: name), owner: SecretDigest(of: "o"), request: SecretDigest(of: "r"),
                    requestID: RequestID(id), expiresAt: .start + .seconds(5), ownedUntil: .start + lives)
            }
            let store = try await books.open()
            let uses = [
                use("a", .seconds(9), "req_1"), use("b", .seconds(99), "req_2"), use("c", .seconds(50), "req_3"),
            ]
            for use in uses {
                var entry = HoldEntry.example(.dollars(1), [], .example(use.requestID.text))
                entry.use = .first(use)
                _ = try await store.hold(entry)
            }
            try await books.crash(store)
            let again = try await books.open()
            #expect(try await again.idempotentUse(SecretDigest(of: "a")) == uses[0])
            #expect(try await again.idempotentUse(SecretDigest(of: "d")) == nil)
            #expect(try await again.idempotentUses(liveAt: .start + .seconds(9), limit: 9) == [uses[1], uses[2]])
            #expect(try await again.idempotentUses(liveAt: .start, limit: 1) == [uses[1]])
            await books.close(again)
        },
        Fact("requests in doubt are found by the first use of their key, also after a crash") { books in
            let first = IdempotentUse(
                key: SecretDigest(of: "k"), owner: SecretDigest(of: "o"), request: SecretDigest(of: "r"),
                requestID: RequestID("req_1"), expiresAt: .start + .seconds(9))
            let store = try await books.open()
            let uses: [(String, HoldEntry.Use?)] = [
                ("req_1", .first(first)), ("req_2", .repeats(first)), ("req_3", .repeats(first)), ("req_4", nil),
            ]
            for (id, use) in uses {
                var entry = HoldEntry.example(.dollars(1), [], .example(id))
                entry.use = use
                let hold = try await store.hold(entry)
                if id == "req_2" { store.close(hold, .settled(.dollars(1)), .example(hold, cost: .dollars(1))) }
            }
            #expect(try await store.holdsInDoubt(under: first.requestID).isEmpty)
            await store.flush()
            try await books.crash(store)
            let again = try await books.open()
            #expect(try await again.holdsInDoubt(under: first.requestID).map(\.text) == ["req_1", "req_3"])
            #expect(try await again.repetitions(of: first.requestID).map(\.text) == ["req_2", "req_3"])
            #expect(try await again.holdsInDoubt(under: RequestID("req_4")).map(\.text) == ["req_4"])
            await books.close(again)
        },
        Fact("what each account counted of a vendor's object is kept, and only the rest is held") { books in
            let (key, five) = ("stripe/pi_1", Money.dollars(5))
            func entry(_ covers: [Cover], _ id: String) -> HoldEntry {
                var entry = HoldEntry.example(five, covers, .example(id))
                entry.object = HeldObject(key: key, base: .zero)
                return entry
            }
            let store = try await books.open()
            #expect(try await store.object(key) == nil)
            let first = try await store.hold(entry([.run("r", Caps())], "req_1"))
            let amount = ObjectAmount(units: 500, currency: "usd")
            store.close(
                first, .settled(five), .example(first, cost: five), ObjectSeen(key: key, total: five, amount: amount))
            let record = try await store.object(key)
            #expect(record?.amount == amount && record?.counted(by: Cover.run("r", Caps()).account.id) == five)
            var again = Cover.run("r", Caps(total: .dollars(5)))
            again.ahead = five
            _ = try await store.hold(entry([again, .key("k", Caps(total: .dollars(5)))], "req_2"))
            #expect(store.balances([.run("r"), .key("k")]).map(\.total.held) == [.zero, five])
            try await books.crash(store)
            let later = try await books.open()
            #expect(later.balances([.run("r"), .key("k")]).map(\.total.inDoubt) == [.zero, five])
            #expect(try await later.object(key)?.amount == nil, "nobody knows what came of it")
            _ = try await later.decide("req_2", Verdict(cost: .exactly(five), evidence: "ops"))
            #expect(later.balances([.run("r"), .key("k")]).map(\.total.spent) == [five, five])
            let both = [Cover.run("r", Caps()), .key("k", Caps())].map(\.account.id)
            let counted = try await later.object(key)
            #expect(both.map { counted?.counted(by: $0) } == [five, five])
            await books.close(later)
        },
        Fact("a hold counts until it is settled, and then its cost") { books in
            let store = try await books.open()
            let covers = [Cover.run("r", Caps(daily: .dollars(10)))]
            let hold = try await store.hold(.example(.dollars(4), covers))
            #expect(hold.room == .dollars(6))
            #expect(store.balances([.run("r")])[0].today.held == .dollars(4))
            let room = store.close(hold, .settled(.dollars(3)), .example(hold, cost: .dollars(3)))
            #expect(room == .dollars(7))
            let balance = store.balances([.run("r")])[0]
            #expect(balance.today.spent == .dollars(3) && balance.today.held == .zero)
            #expect(balance.month == balance.today && balance.total == balance.today)
            await books.close(store)
        },
        Fact("a released hold leaves nothing; one in doubt stays counted and is listed") { books in
            let store = try await books.open()
            let covers = [Cover.run("r", Caps(total: .dollars(10)))]
            let released = try await store.hold(.example(.dollars(4), covers))
            let doubtful = try await store.hold(.example(.dollars(5), covers))
            store.close(released, .released, .example(released, "released"))
            store.close(doubtful, .inDoubt(evidence: "timeout"), .example(doubtful, "in_doubt"))
            #expect(store.balances([.run("r")])[0].total.counted == .dollars(5))
            let listed = try await store.holds(inDoubtOnly: true)
            #expect(listed.map(\.requestID) == [doubtful.requestID.text])
            #expect(listed.first?.evidence == "timeout" && listed.first?.amount == .dollars(5))
            await books.close(store)
        },
        Fact("a cap is reached to the cent, and one more is refused with the figures") { books in
            let store = try await books.open()
            let covers = [Cover.key("k", Caps(total: .dollars(100))), .run("r", Caps(daily: .dollars(10)))]
            let first = try await store.hold(.example(.dollars(10), covers))
            store.close(first, .settled(.dollars(10)), .example(first))
            await expectCapped(store, .example(Money(micros: 1), covers)) { reached in
                #expect(reached.what == "run r" && reached.period == .day && reached.place?.line == 12)
                #expect(reached.cap == .dollars(10) && reached.spent == .dollars(10) && reached.asked.micros == 1)
                #expect(reached.resetsAt == .start + .hours(12))
            }
            #expect(store.balances([.key("k")])[0].total.counted == .dollars(10), "nothing was held by the refusal")
            await books.close(store)
        },
        Fact("four hundred at once against room for fifty: fifty") { books in
            let store = try await books.open()
            let covers = [Cover.run("r", Caps(daily: .dollars(50)))]
            let accepted = await race(400) { try await store.hold(.example(.dollars(1), covers)) }
            #expect(accepted.count == 50)
            #expect(store.balances([.run("r")])[0].today.held == .dollars(50))
            await books.close(store)
        },
        Fact("closing twice counts once") { books in
            let store = try await books.open()
            let hold = try await store.hold(.example(.dollars(4), [.run("r", Caps())]))
            for _ in 0..<2 { store.close(hold, .settled(.dollars(4)), .example(hold)) }
            #expect(store.balances([.run("r")])[0].total.spent == .dollars(4))
            await books.close(store)
        },
        Fact("a cost above the estimate counts whole") { books in
            let store = try await books.open()
            let covers = [Cover.run("r", Caps(daily: .dollars(5)))]
            let hold = try await store.hold(.example(.dollars(5), covers))
            #expect(store.close(hold, .settled(.dollars(9)), .example(hold)) == .zero)
            await books.close(store)
            let again = try await books.open()
            #expect(again.balances([.run("r")])[0].today.spent == .dollars(9))
            await books.close(again)
        },
        Fact("a restart keeps the balances") { books in
            let store = try await books.open()
            let covers = [Cover.run("r", Caps(daily: .dollars(10))), .key("k", Caps())]
            let hold = try await store.hold(.example(.dollars(4), covers))
            store.close(hold, .settled(.dollars(3)), .example(hold))
            let before = store.balances([.run("r"), .key("k")])
            await books.close(store)
            let again = try await books.open()
            #expect(again.balances([.run("r"), .key("k")]) == before)
            await books.close(again)
        },
        Fact("after a crash every open hold is in doubt, counted and in the records") { books in
            let store = try await books.open()
            let covers = [Cover.run("r", Caps(daily: .dollars(10)))]
            let hold = try await store.hold(.example(.dollars(4), covers))
            try await books.crash(store)
            let again = try await books.open()
            let balance = again.balances([.run("r")])[0].today
            #expect(balance.inDoubt == .dollars(4) && balance.held == .zero)
            #expect(try await again.holds(inDoubtOnly: true).first?.evidence.hasPrefix("crash") == true)
            var filter = AuditFilter()
            filter.decision = "in_doubt"
            let records = try await again.records(filter, after: nil, newest: false, limit: 10)
            #expect(records.map(\.decision.requestID) == [hold.requestID])
            await books.close(again)
            let third = try await books.open()
            #expect(third.balances([.run("r")])[0].today == balance, "in doubt once, not twice")
            await books.close(third)
        },
        Fact("a hold of yesterday that is settled today leaves today's sum alone") { books in
            let clock = SetClock()
            let store = try await books.open(.utc) { clock.now }
            let covers = [Cover.run("r", Caps(daily: .dollars(10)))]
            let hold = try await store.hold(.example(.dollars(4), covers))
            clock.now = clock.now + .days(1)
            #expect(store.balances([.run("r")])[0].today == Balance.Sums())
            store.close(hold, .settled(.dollars(4)), .example(hold))
            let balance = store.balances([.run("r")])[0]
            #expect(balance.today.spent == .zero && balance.month.spent == .dollars(4))
            await books.close(store)
        },
        Fact("a clock that is set back opens nothing, also over a restart") { books in
            let clock = SetClock()
            let covers = [Cover.run("r", Caps(daily: .dollars(10)))]
            let store = try await books.open(.utc) { clock.now }
            clock.now = clock.now + .days(1)
            let hold = try await store.hold(.example(.dollars(10), covers))
            store.close(hold, .settled(.dollars(10)), .example(hold))
            clock.now = .start
            await expectCapped(store, .example(.dollars(1), covers)) { _ in }
            await books.close(store)
            let again = try await books.open(.utc) { clock.now }
            await expectCapped(again, .example(.dollars(1), covers)) { _ in }
            await books.close(again)
        },
    ]

    /// Runs `count` attempts at once; answers what came of those that were not refused.
    private static func race<T: Sendable>(
        _ count: Int, _ attempt: @escaping @Sendable () async throws -> T
    ) async -> [T] {
        await withTaskGroup(of: T?.self) { group in
            for _ in 0..<count { group.addTask { try? await attempt() } }
            return await group.reduce(into: []) { if let one = $1 { $0.append(one) } }
        }
    }

    private static func expectCapped(
        _ store: any Store, _ entry: HoldEntry, _ check: (CapReached) -> Void
    ) async {
        do {
            _ = try await store.hold(entry)
            Issue.record("a hold passed a cap")
        } catch {
            guard case .capExhausted(let reached) = error else {
                Issue.record("not capped, but \(error)")
                return
            }
            check(reached)
        }
    }
}
