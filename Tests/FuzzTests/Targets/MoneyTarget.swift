@testable import ControlAPI
@testable import Core

/// Amounts in decimal text: what is read is written the same, and nothing is read that is no such amount.
enum MoneyTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        try checkWhole(bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        try checkMoney(text)
        try checkNumber(text)
        _ = Dollars.read(text).map { JSONValue.usd($0) }
    }

    private static func checkWhole(_ bytes: [UInt8]) throws(Broken) {
        let plain = Int64(String(bytes: bytes)).flatMap { String($0).utf8.elementsEqual(bytes) && $0 >= 0 ? $0 : nil }
        try hold(Decimals.whole(bytes) == plain, "\(String(bytes: bytes)) is \(String(describing: plain))")
    }

    private static func checkMoney(_ text: String) throws(Broken) {
        guard let money = Money(decimal: text) else { return }
        try hold(money >= .zero, "\(text) is less than nothing")
        try hold(Money(decimal: money.decimal) == money, "written out, \(text) is \(money.decimal)")
        // Said once more: the digits without the point, with zeros up to six decimals.
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = halves.count == 2 ? String(halves[1]) : ""
        let digits = halves[0] + fraction + String(repeating: "0", count: max(0, 6 - fraction.count))
        try hold(Int64(digits) == money.micros, "\(text) is not \(money.micros) micro-dollars")
    }

    /// A number of JSON without its exponent is worth the same.
    private static func checkNumber(_ text: String) throws(Broken) {
        guard case .number(let written)? = try? JSONValue.parse(Array(text.utf8)), let plain = Number.plain(written)
        else { return }
        guard case .number? = try? JSONValue.parse(Array(plain.utf8)) else { throw Broken("\(plain) is no number") }
        try hold(!plain.contains { "eE-+".contains($0) }, "\(plain) is not plain")
        try hold(Number.plain(plain) == plain, "\(plain) is not plain enough")
        guard let (before, after) = Double(written).flatMap({ before in Double(plain).map { (before, $0) } }) else {
            return
        }
        let close = abs(before - after) <= abs(before) * 1e-9
        try hold(close || before == after, "\(written) became \(plain)")
    }
}
