/// The price of an operation that moves what an object of the vendor holds (confirm, capture, refund): the request names
/// the object, and carries its amount without a currency or not at all.
package struct ObjectRule: Sendable {
    package enum Moves: String, Sendable, CaseIterable {
        /// What the object holds. It counts once for each account, however many operations lead to it.
        case whole
        /// An amount that the request carries. Without one nothing moves (an update).
        case given
        /// Something new each time (a refund).
        case again
    }

    /// The kind of the object whose ID is the path's first variable segment.
    package var inPath: String?
    /// Parameters that name the object, and its kind; just one of them is there.
    package var parameters: [(name: String, kind: String)] = []
    /// The parameter with minor units in the object's currency, where it may be there.
    package var amount: String?
    /// The parameter with which the request sets the object's currency.
    package var currency: String?
    package var moves = Moves.whole
    /// Parameters whose presence makes the amount uncertain.
    package var forbidden: [String] = []
    /// Where the answer says what it came to; nil: where the object itself does.
    package var answerAmount: JSONPath?
    package var answerCurrency: JSONPath?

    package init(inPath: String) { self.inPath = inPath }

    package init(parameters: [(name: String, kind: String)]) { self.parameters = parameters }

    /// Every kind that it speaks of.
    package var kinds: [String] { (inPath.map { [$0] } ?? []) + parameters.map(\.kind) }
}

/// A kind of objects that hold money, and how one of them is asked for.
package struct ObjectKind: Sendable {
    /// Answers with the object; `{id}` stands for its ID.
    package var path: String
    package var amount = JSONPath("amount")
    package var currency = JSONPath("currency")

    package init(path: String) { self.path = path }

    /// What an object says that it holds; nil when it does not say it plainly.
    func content(of object: JSONValue) -> ObjectAmount? {
        guard case .number(let digits)? = object[amount], let units = Decimals.whole(Array(digits.utf8)),
            let currency = object[currency]?.text?.lowercased()
        else { return nil }
        return ObjectAmount(units: units, currency: currency)
    }
}

/// Minor units of a currency, as the vendor counts them.
package struct ObjectAmount: Sendable, Equatable {
    package var units: Int64
    /// In lower case.
    package var currency: String

    package init(units: Int64, currency: String) { (self.units, self.currency) = (units, currency) }
}

extension Vendor {
    /// Minor units at the configured rate, rounded up; nil without a rate, or when it is too much for a number.
    func money(_ amount: ObjectAmount, _ rates: [String: Money]) -> Money? {
        guard let rate = rates[amount.currency] else { return nil }
        let digits = minorUnits[amount.currency] ?? defaultMinorUnits
        let scale = (0..<digits).reduce(Int128(1)) { product, _ in product * 10 }
        let micros = (Int128(amount.units) * Int128(rate.micros) + scale - 1) / scale
        return Int64(exactly: micros).map(Money.init(micros:))
    }
}
