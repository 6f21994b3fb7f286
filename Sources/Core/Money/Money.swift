/// An amount of US dollars in whole micro-dollars (1 USD = 1,000,000). Arithmetic that could overflow is checked.
package struct Money: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var micros: Int64

    package init(micros: Int64) { self.micros = micros }

    package static let zero = Money(micros: 0)

    /// The largest amount; what does not fit is refused before it gets here.
    package static let max = Money(micros: .max)

    package static func < (a: Money, b: Money) -> Bool { a.micros < b.micros }

    /// The sum, or nil when it does not fit.
    package func adding(_ other: Money) -> Money? {
        let (sum, overflow) = micros.addingReportingOverflow(other.micros)
        return overflow ? nil : Money(micros: sum)
    }

    /// The sum, stuck at the largest amount: counting too much refuses, counting too little would not.
    package static func + (a: Money, b: Money) -> Money { a.adding(b) ?? .max }

    /// The difference; operands are non-negative amounts, so it fits.
    package static func - (a: Money, b: Money) -> Money { Money(micros: a.micros - b.micros) }

    package func times(_ count: Int64) -> Money? {
        let (product, overflow) = micros.multipliedReportingOverflow(by: count)
        return overflow ? nil : Money(micros: product)
    }

    /// Dollars with two decimals, or as many as the micro-dollars need: `$5.00`, `$0.0004`.
    package var description: String { (micros < 0 ? "-$" : "$") + decimal.drop { $0 == "-" } }

    /// Decimal dollars without the sign of the currency: `5.00`, `0.0004`, `-1.50`.
    package var decimal: String {
        let magnitude = micros.magnitude
        var fraction = String(magnitude % 1_000_000)
        fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
        while fraction.count > 2, fraction.hasSuffix("0") { fraction.removeLast() }
        return (micros < 0 ? "-" : "") + String(magnitude / 1_000_000) + "." + fraction
    }

    /// Reads decimal dollars (`5`, `0.0004`, `12.50`): digits, at most six decimals, no sign, no exponent.
    package init?(decimal text: some StringProtocol) {
        guard let micros = Decimals.scaled(Array(text.utf8), digits: 6) else { return nil }
        self.micros = micros
    }
}
