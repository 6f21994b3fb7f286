import Core

/// The books as one would keep them on paper: a list of requests, added up whenever somebody asks.
struct BooksModel {
    enum State: Equatable {
        case held
        case spent(Money)
        case inDoubt
        case released
    }

    struct Entry {
        var hold: Hold
        var state: State
        /// Its end is on the disk.
        var isWritten = false
    }

    private(set) var entries: [String: Entry] = [:]
    var day: Int32 = 0

    mutating func hold(_ hold: Hold) { entries[hold.requestID.text] = Entry(hold: hold, state: .held) }

    mutating func end(_ id: String, _ state: State) { entries[id]?.state = state }

    mutating func flush() {
        for id in entries.keys where entries[id]?.state != .held { entries[id]?.isWritten = true }
    }

    /// What nobody wrote the end of is in doubt, which `listed` says; only that may be.
    mutating func crash(listed: Set<String>) -> Bool {
        for (id, entry) in entries where entry.state != .inDoubt {
            if entry.state == .held, !listed.contains(id) { return false }
            if entry.isWritten, listed.contains(id) { return false }
            if listed.contains(id) { entries[id]?.state = .inDoubt }
        }
        flush()
        return listed == Set(ids(.inDoubt))
    }

    func ids(_ state: State) -> [String] {
        entries.filter { $0.value.state == state }.keys.sorted()
    }

    /// The sums of an account on the model's day.
    func sums(_ account: Account, today: Bool) -> Balance.Sums {
        var sums = Balance.Sums()
        for entry in entries.values where entry.hold.covers.contains(where: { $0.account == account }) {
            guard !today || entry.hold.period.day == day else { continue }
            switch entry.state {
            case .held: sums.held = sums.held + entry.hold.estimate
            case .spent(let cost): sums.spent = sums.spent + cost
            case .inDoubt: sums.inDoubt = sums.inDoubt + entry.hold.estimate
            case .released: break
            }
        }
        return sums
    }

    /// Whether a hold fits under every cap of the covers.
    func fits(_ estimate: Money, _ covers: [Cover]) -> Bool {
        covers.allSatisfy { cover in
            let counts = [
                (cover.caps.daily, sums(cover.account, today: true)),
                (cover.caps.total, sums(cover.account, today: false)),
            ]
            return counts.allSatisfy { cap, sums in cap.map { sums.counted + estimate <= $0 } ?? true }
        }
    }
}
