import Core
import Testing

private func dollars(_ count: Int64) -> Money { Money(micros: count * 1_000_000) }

private let today = SpendingPeriod(day: 20_000, month: 24_297)
private let tomorrow = SpendingPeriod(day: 20_001, month: 24_297)

private func run(_ id: String, _ caps: Caps) -> Cover {
    Cover(account: Account(kind: .policy, id: "policy:p:\(id)", title: "run \(id)"), caps: caps, place: nil)
}

private func hold(_ estimate: Money, _ covers: [Cover], _ period: SpendingPeriod = today) -> Hold {
    Hold(requestID: RequestID("r"), estimate: estimate, covers: covers, period: period, room: nil)
}

@Suite struct `A hold against caps` {
    @Test func `is accepted to the cent and not beyond`() {
        var balances = Balances(period: today)
        let covers = [run("a", Caps(daily: dollars(10)))]
        #expect(balances.hold(dollars(10), covers) == nil)
        let reached = balances.hold(Money(micros: 1), covers)
        #expect(reached?.period == .day && reached?.held == dollars(10) && reached?.what == "run a")
    }

    @Test func `counts on accounts byte by byte, however alike they look`() {
        var balances = Balances(period: today)
        let (one, other) = (run("caf\u{E9}", Caps(total: dollars(10))), run("cafe\u{301}", Caps(total: dollars(10))))
        #expect(balances.hold(dollars(10), [one]) == nil && balances.hold(dollars(4), [other]) == nil)
        #expect(balances.balance(one.account).total.held == dollars(10))
        #expect(balances.balance(other.account).total.held == dollars(4))
        #expect(balances.hold(dollars(1), [one]) != nil && one.account != other.account)
    }

    @Test(arguments: [
        Caps(daily: dollars(3)), Caps(monthly: dollars(3)), Caps(total: dollars(3)), Caps(request: dollars(3)),
    ])
    func `is refused by each kind of cap`(_ caps: Caps) {
        var balances = Balances(period: today)
        #expect(balances.hold(Money(micros: 3_000_001), [run("a", caps)]) != nil)
        #expect(balances.hold(dollars(3), [run("a", caps)]) == nil)
    }

    @Test func `leaves every account as it was when one has no room`() {
        var balances = Balances(period: today)
        let (wide, narrow) = (run("wide", Caps(daily: dollars(100))), run("narrow", Caps(total: dollars(1))))
        #expect(balances.hold(dollars(5), [wide, narrow])?.what == "run narrow")
        #expect(balances.balance(wide.account).today.held == .zero)
        #expect(balances.takeChanged().isEmpty)
    }

    @Test func `counts an account once that two covers name, and heeds the caps of both`() {
        var balances = Balances(period: today)
        let covers = [run("a", Caps(daily: dollars(10))), run("a", Caps(daily: dollars(4)))]
        #expect(balances.hold(dollars(3), covers) == nil)
        #expect(balances.balance(covers[0].account).today.held == dollars(3))
        #expect(balances.hold(dollars(2), covers)?.cap == dollars(4))
    }

    @Test func `of nothing passes also where a cost went past the cap`() {
        var balances = Balances(period: today)
        let covers = [run("a", Caps(daily: dollars(1)))]
        #expect(balances.hold(dollars(1), covers) == nil)
        balances.close(hold(dollars(1), covers), .settled(dollars(2)))
        #expect(balances.hold(.zero, covers) == nil)
        #expect(balances.room(covers) == .zero)
    }

    @Test func `that would not fit a number is refused without any cap`() {
        var balances = Balances(period: today)
        let covers = [run("a", Caps())]
        #expect(balances.hold(.max, covers) == nil)
        #expect(balances.hold(Money(micros: 1), covers) != nil)
        balances.close(hold(.max, covers), .released)
        #expect(balances.balance(covers[0].account).total.counted == .zero)
    }

    @Test func `below nothing is refused`() {
        var balances = Balances(period: today)
        #expect(balances.hold(Money(micros: -1), [run("a", Caps())]) != nil)
    }

    @Test func `that overspends counts whole, stuck at the largest number`() {
        var balances = Balances(period: today)
        let covers = [run("a", Caps(daily: .max))]
        #expect(balances.hold(dollars(1), covers) == nil)
        balances.close(hold(dollars(1), covers), .settled(.max))
        balances.close(hold(.zero, covers), .settled(.max))
        #expect(balances.balance(covers[0].account).today.spent == .max)
        #expect(balances.hold(dollars(1), covers) != nil)
    }

    @Test func `that cost less than nothing lowers nothing`() {
        var balances = Balances(period: today)
        let covers = [run("a", Caps())]
        #expect(balances.hold(dollars(1), covers) == nil)
        balances.close(hold(dollars(1), covers), .settled(dollars(-5)))
        #expect(balances.balance(covers[0].account).total.counted == .zero)
    }
}

@Suite struct `Periods of a balance` {
    @Test func `a new day opens the daily sum and no other`() {
        var balances = Balances(period: today)
        let covers = [run("a", Caps(daily: dollars(10)))]
        #expect(balances.hold(dollars(10), covers) == nil)
        balances.close(hold(dollars(10), covers), .settled(dollars(10)))
        balances.advance(to: tomorrow)
        #expect(balances.hold(dollars(10), covers) == nil)
        let balance = balances.balance(covers[0].account)
        #expect(balance.today.held == dollars(10) && balance.today.spent == .zero)
        #expect(balance.month.counted == dollars(20) && balance.total.counted == dollars(20))
    }

    @Test func `an older day opens nothing`() {
        var balances = Balances(period: tomorrow)
        let covers = [run("a", Caps(daily: dollars(10)))]
        #expect(balances.hold(dollars(10), covers) == nil)
        balances.advance(to: today)
        #expect(balances.period == tomorrow)
        #expect(balances.hold(dollars(1), covers) != nil)
    }

    @Test(arguments: [Closing.settled(dollars(10)), .released, .inDoubt(evidence: "timeout")])
    func `a hold of yesterday does not touch today's sum`(_ closing: Closing) {
        var balances = Balances(period: today)
        let covers = [run("a", Caps(daily: dollars(10)))]
        #expect(balances.hold(dollars(10), covers) == nil)
        balances.advance(to: tomorrow)
        #expect(balances.hold(dollars(4), covers) == nil)
        balances.close(hold(dollars(10), covers, today), closing)
        #expect(balances.balance(covers[0].account).today.counted == dollars(4))
        #expect(balances.balance(covers[0].account).today.held == dollars(4))
    }
}

@Suite struct `Accounts in memory` {
    @Test func `idle ones are forgotten, and nothing else`() {
        var balances = Balances(period: today)
        let covers = ["idle", "open", "changed", "used"].map { run($0, Caps()) }
        for cover in covers { balances.restore(Balances.Entry(account: cover.account, period: today)) }
        #expect(balances.hold(.zero, [covers[1]]) == nil)
        balances.advance(to: tomorrow)
        #expect(balances.hold(dollars(1), [covers[3]]) == nil)
        balances.close(hold(dollars(1), [covers[3]], tomorrow), .settled(dollars(1)))
        _ = balances.takeChanged()
        var yesterday = Balances.Entry(account: covers[2].account, period: today)
        yesterday.total.spent = dollars(7)
        balances.markChanged([yesterday])
        balances.forgetIdle(lookingAt: 100)
        #expect(balances.missing(covers.map(\.account)) == [covers[0].account])
        #expect(balances.balance(covers[3].account).total.spent == dollars(1), "the one that moved is still itself")
        #expect(balances.takeChanged().map(\.account.id) == ["policy:p:changed"])
    }
}

/// A small generator, so that a failing case can be run again.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

@Suite struct `Any sequence of holds and ends` {
    @Test(arguments: 1...12) func `never passes a cap and adds up`(_ seed: UInt64) {
        var dice = Dice(state: seed &* 0x9E37_79B9_7F4A_7C15)
        var balances = Balances(period: today)
        let covers = (0..<4).map { run("\($0)", Caps(daily: dollars(20), total: dollars(Int64(30 + 10 * $0)))) }
        var model = Model()
        for _ in 0..<200 {
            switch Int.random(in: 0..<10, using: &dice) {
            case 0:
                model.period.day += Int32.random(in: -1...1, using: &dice)
                balances.advance(to: model.period)
                model.period.day = max(model.period.day, balances.period.day)
            case 1..<6:
                let some = covers.filter { _ in Bool.random(using: &dice) }
                let estimate = Money(micros: Int64.random(in: 0...6_000_000, using: &dice))
                let reached = balances.hold(estimate, some)
                #expect((reached == nil) == model.fits(estimate, some, balances.period))
                if reached == nil { model.open.append(hold(estimate, some, balances.period)) }
            default:
                guard let index = model.open.indices.randomElement(using: &dice) else { continue }
                let one = model.open.remove(at: index)
                let most = one.estimate.micros
                let ends: [Closing] = [
                    .settled(Money(micros: Int64.random(in: 0...most, using: &dice))), .released,
                    .inDoubt(evidence: "timeout"),
                ]
                let end = ends.randomElement(using: &dice) ?? .released
                balances.close(one, end)
                model.closed.append((one, end))
            }
            for cover in covers { model.check(balances.balance(cover.account), cover, balances.period) }
        }
    }

    /// The same, the slow way: every sum is added up anew from the list of holds.
    private struct Model {
        var period = today
        var open: [Hold] = []
        var closed: [(Hold, Closing)] = []

        func counted(_ account: Account, day: Int32?) -> Balance.Sums {
            func counts(_ hold: Hold) -> Bool {
                hold.covers.contains { $0.account == account } && (day == nil || hold.period.day == day)
            }
            var sums = Balance.Sums()
            for hold in open where counts(hold) { sums.held = sums.held + hold.estimate }
            for (hold, end) in closed where counts(hold) {
                switch end {
                case .settled(let cost): sums.spent = sums.spent + cost
                case .released: break
                case .inDoubt: sums.inDoubt = sums.inDoubt + hold.estimate
                }
            }
            return sums
        }

        func fits(_ estimate: Money, _ covers: [Cover], _ period: SpendingPeriod) -> Bool {
            estimate == .zero
                || covers.allSatisfy { cover in
                    counted(cover.account, day: period.day).counted + estimate <= cover.caps.daily ?? .max
                        && counted(cover.account, day: nil).counted + estimate <= cover.caps.total ?? .max
                }
        }

        func check(_ balance: Balance, _ cover: Cover, _ period: SpendingPeriod) {
            #expect(balance.today == counted(cover.account, day: period.day))
            #expect(balance.total == counted(cover.account, day: nil))
            #expect(balance.today.counted <= cover.caps.daily ?? .max)
            #expect(balance.total.counted <= cover.caps.total ?? .max)
        }
    }
}
