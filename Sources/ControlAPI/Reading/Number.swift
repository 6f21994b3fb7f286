/// JSON numbers, as the libraries of many languages write them.
enum Number {
    /// More digits than any number here has.
    private static let farthest: UInt = 64

    /// The same number without an exponent and without needless zeros: `1e-06` is `0.000001`, `300.0` is `300`, `-0.0` is `0`.
    /// nil when it is less than nothing, or out of all proportion.
    static func plain(_ written: String) -> String? {
        let parts = written.split(maxSplits: 1) { $0 == "e" || $0 == "E" }
        let exponent = parts.count == 2 ? Int(parts[1]) : 0
        guard let exponent, exponent.magnitude <= farthest, let mantissa = parts.first else { return nil }
        let halves = mantissa.trimmingPrefix("-").split(separator: ".", maxSplits: 1)
        let digits = halves.joined()
        guard !mantissa.hasPrefix("-") || digits.allSatisfy({ $0 == "0" }) else { return nil }
        return place(digits, point: (halves.first?.count ?? 0) + exponent)
    }

    /// Puts the point behind so many digits, with zeros where there are none.
    private static func place(_ digits: String, point: Int) -> String {
        let padded = zeros(-point) + digits + zeros(point - digits.count)
        let whole = padded.prefix(max(point, 0)).drop { $0 == "0" }
        var fraction = padded.dropFirst(max(point, 0))
        while fraction.last == "0" { fraction.removeLast() }
        return (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
    }

    private static func zeros(_ count: Int) -> String { String(repeating: "0", count: max(count, 0)) }
}
