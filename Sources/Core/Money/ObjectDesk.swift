/// Prices what moves a vendor's object: by what is on record of it, else by asking the vendor.
struct ObjectDesk: Sendable {
    let ledger: any Ledger
    let turns: Turns
    /// Asks the vendor; nil where nothing may be sent.
    let inquiry: (@Sendable (ObjectMove, Permit, Fields) async throws(Refusal) -> ObjectAmount)?

    /// - Throws: `.costUnknown`, `.storeUnavailable`, `.overloaded`, and what asking the vendor does.
    func price(
        _ move: ObjectMove, _ permit: Permit, _ fields: Fields, _ rates: [String: Money]
    ) async throws(Refusal) -> PricedObject {
        let key = permit.target.objectKey(move.id, permit.target.accounts(fields))
        // In the dry run of an explanation nobody has to wait.
        let turn = inquiry == nil ? nil : try await turns.take(key)
        let record: ObjectRecord?
        do { record = try await ledger.object(key) } catch { throw .storeUnavailable(error.cause) }
        var priced = PricedObject(move: move, key: key, turn: turn)
        var amount = move.amount(record?.amount)
        if amount == nil, permit.capped {
            guard let inquiry else { throw permit.target.costUnknown("\(move.id) would be asked of the vendor") }
            amount = move.amount(try await inquiry(move, permit, fields))
            priced.asked = true
        }
        // Without a cap it may pass: what the answer says is counted.
        guard let amount else { return priced }
        guard rates[amount.currency] != nil else { throw permit.target.currencyUnknown(amount.currency) }
        guard let total = permit.target.vendor.money(amount, rates) else {
            throw .amountAmbiguous("the amount is too large")
        }
        priced.count(total, record, permit.covers)
        return priced
    }
}

/// An object that is moved, and what every account has counted of it.
struct PricedObject: Sendable {
    let move: ObjectMove
    let key: String
    /// Kept until the request is over.
    let turn: Turn?
    var asked = false
    private(set) var estimate = Money.zero
    /// All that it comes to.
    private(set) var whole = Money.zero
    /// What every covering account has counted already.
    private(set) var base = Money.zero
    /// What some have counted beyond that.
    private(set) var ahead: [Account: Money] = [:]

    init(move: ObjectMove, key: String, turn: Turn?) { (self.move, self.key, self.turn) = (move, key, turn) }

    /// Whether what it comes to is counted once for each account.
    private var countsOnce: Bool { move.rule.moves != .again }

    fileprivate mutating func count(_ total: Money, _ record: ObjectRecord?, _ covers: [Cover]) {
        if countsOnce, let record {
            // What status shows as spent follows the requests, so that it agrees with their sums.
            let counted = covers.filter { $0.account != .everything }.map { record.counted(by: $0.account.id) }
            base = counted.min() ?? .zero
            for cover in covers where cover.account != .everything {
                ahead[cover.account] = record.counted(by: cover.account.id) - base
            }
        }
        (estimate, whole) = (max(total - base, .zero), total)
    }

    /// The accounts, with what each has counted.
    func covers(_ covers: [Cover]) -> [Cover] {
        covers.map { cover in
            var cover = cover
            cover.ahead = ahead[cover.account] ?? .zero
            return cover
        }
    }

    /// What a hold keeps of it: only what is counted once.
    var held: HeldObject? { countsOnce ? HeldObject(key: key, base: base) : nil }

    /// What an answer says that the request cost, beyond what was counted.
    func cost(_ answer: JSONValue, _ vendor: Vendor, _ rates: [String: Money]) -> Money? {
        // A capture that is under way may say 0 for now.
        guard let said = said(answer), said.units > 0 || move.rule.moves != .whole else { return nil }
        return vendor.money(said, rates).map { max($0 - base, .zero) }
    }

    private func said(_ answer: JSONValue) -> ObjectAmount? {
        var kind = move.kind
        kind.amount = move.rule.answerAmount ?? kind.amount
        kind.currency = move.rule.answerCurrency ?? kind.currency
        return kind.content(of: answer)
    }
}
