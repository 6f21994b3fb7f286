import Core
import Testing

extension Fact {
    /// Random lives beside the model; each names its seed, so that it can be played again.
    package static let random: [Fact] = (1...rounds).map { seed in
        Fact("whatever happens, in whatever order, the books say what the model says (seed \(seed))") { books in
            var life = RandomLife(books, seed: UInt64(seed))
            try await life.play(steps: 120)
        }
    }

    private static let rounds = 10
}

/// One life: holds, ends, verdicts, new days, restarts and crashes as the dice say.
private struct RandomLife {
    private let books: any Harness
    private var dice: Dice
    private let clock = SetClock()
    private var model = BooksModel()
    private var next = 0

    private static let keys = ["k1", "k2"].map { Cover.key($0, Caps(total: .dollars(60))) }
    private static let runs = ["r1", "r2", "r3"].map { Cover.run($0, Caps(daily: .dollars(25))) }
    private static let all = Cover(
        account: .everything, caps: Caps(daily: .dollars(70)), place: nil)
    private static let accounts = (keys + runs + [all]).map(\.account)

    init(_ books: any Harness, seed: UInt64) { (self.books, dice) = (books, Dice(state: seed)) }

    mutating func play(steps: Int) async throws {
        var store = try await open()
        for step in 0..<steps {
            let event = try await advance(&store)
            try await compare(store, "step \(step), \(event)")
        }
        await books.close(store)
    }

    private func open() async throws -> any Store { try await books.open(.utc) { [clock] in clock.now } }

    /// Plays one event; answers its name.
    private mutating func advance(_ store: inout any Store) async throws -> String {
        switch dice.roll(20) {
        case 0..<8: return await hold(store)
        case 8..<14: return end(store)
        case 14..<16: return try await decide(store)
        case 16: return newDay()
        case 17:
            await store.flush()
            model.flush()
            return "flush"
        case 18:
            await books.close(store)
            store = try await open()
            try await readDoubts(store)
            return "restart"
        default:
            try await books.crash(store)
            store = try await open()
            try await readDoubts(store)
            return "crash"
        }
    }

    private mutating func hold(_ store: any Store) async -> String {
        next += 1
        var covers = [dice.one(of: Self.runs), Self.all]
        if dice.roll(2) == 0 { covers.insert(dice.one(of: Self.keys), at: 0) }
        let estimate = Money(micros: Int64(dice.roll(9_000_000)) + 1)
        let fits = model.fits(estimate, covers)
        let hold = try? await store.hold(.example(estimate, covers, .example("req_\(next)", at: clock.now)))
        #expect((hold != nil) == fits, "req_\(next)")
        if let hold { model.hold(hold) }
        return "hold of \(estimate)"
    }

    private mutating func end(_ store: any Store) -> String {
        guard let id = dice.any(of: model.ids(.held)), let hold = model.entries[id]?.hold else { return "nothing" }
        let (closing, state) = ending(hold.estimate)
        store.close(hold, closing, .example(hold))
        model.end(id, state)
        return "\(id) \(closing)"
    }

    private mutating func ending(_ estimate: Money) -> (Closing, BooksModel.State) {
        switch dice.roll(4) {
        case 0: return (.released, .released)
        case 1: return (.inDoubt(evidence: "cut"), .inDoubt)
        case 2: return (.settled(estimate), .spent(estimate))
        default:
            let cost = Money(micros: Int64(dice.roll(Int(estimate.micros + estimate.micros / 4 + 1))))
            return (.settled(cost), .spent(cost))
        }
    }

    private mutating func decide(_ store: any Store) async throws -> String {
        guard let id = dice.any(of: model.ids(.inDoubt)), let hold = model.entries[id]?.hold else { return "nothing" }
        let released = dice.roll(2) == 0
        let verdict = Verdict(cost: released ? .none : .estimate, evidence: "dice")
        #expect(try await store.decide(id, verdict) != nil)
        model.end(id, released ? .released : .spent(hold.estimate))
        // A verdict is durable when it returns, and with it everything before.
        model.flush()
        return "verdict on \(id)"
    }

    /// A day ahead, or back, which opens nothing.
    private mutating func newDay() -> String {
        // A day is remembered over a crash when something was held in it.
        let known = model.entries.values.contains { $0.hold.period.day == model.day }
        clock.now = clock.now + .days(known && dice.roll(3) == 0 ? -1 : 1)
        model.day = max(model.day, SpendingCalendar.utc.period(at: clock.now).day)
        return "day \(model.day)"
    }

    private mutating func readDoubts(_ store: any Store) async throws {
        let listed = Set(try await store.holds(inDoubtOnly: true).map(\.requestID))
        let agrees = model.crash(listed: listed)
        #expect(agrees, "in doubt: \(listed.sorted())")
    }

    private mutating func compare(_ store: any Store, _ event: String) async throws {
        model.day = max(model.day, SpendingCalendar.utc.period(at: clock.now).day)
        for (account, balance) in zip(Self.accounts, store.balances(Self.accounts)) {
            try #require(balance.today == model.sums(account, today: true), "\(event): \(account.title) today")
            try #require(balance.total == model.sums(account, today: false), "\(event): \(account.title) in all")
        }
    }
}

/// SplitMix64: the same throws for the same seed, everywhere.
private struct Dice {
    var state: UInt64

    mutating func roll(_ sides: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(max(sides, 1)))
    }

    mutating func one<T>(of all: [T]) -> T { all[roll(all.count)] }

    mutating func any<T>(of all: [T]) -> T? { all.isEmpty ? nil : one(of: all) }
}
