internal import Core

/// `currencies`: USD for one unit.
enum CurrencyTable {
    static func read(_ value: Value, into rates: inout [String: Money]) {
        guard let table = value.table() else { return }
        for entry in table.entries {
            if let rate = rate(entry) { rates[entry.name] = rate }
        }
    }

    private static func rate(_ entry: Table.Entry) -> Money? {
        let isCode = entry.name.utf8.count == 3 && entry.name.utf8.allSatisfy { (0x61...0x7A).contains($0) }
        guard isCode, entry.name != "usd" else {
            entry.key.fail(
                isCode ? "usd is always 1" : "\"\(entry.name)\" is not a currency such as eur (three small letters)")
            return nil
        }
        guard let text = entry.value.scalar, let rate = Money(decimal: text), rate > .zero else {
            return entry.value.expected("US dollars for one \(entry.name), above 0, at most six decimals (round up)")
        }
        return rate
    }
}
