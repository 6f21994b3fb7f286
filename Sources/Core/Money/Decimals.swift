/// Strict decimal reading over ASCII bytes; `Int("+5")` is 5 and `Decimal(string: "12abc")` is 12, so neither is used.
package enum Decimals {
    /// A whole number without sign or leading zeros (`0` itself excepted), or nil.
    package static func whole(_ bytes: some Collection<UInt8>) -> Int64? {
        guard let first = bytes.first, bytes.count <= 19, bytes.count == 1 || first != UInt8(ascii: "0") else {
            return nil
        }
        var value: Int64 = 0
        for byte in bytes {
            guard let next = append(byte, to: value) else { return nil }
            value = next
        }
        return value
    }

    /// `12.34` as an integer scaled by 10^digits, or nil when it is malformed, too precise, or does not fit.
    package static func scaled(_ bytes: [UInt8], digits: Int) -> Int64? {
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard var value = whole(parts[0]) else { return nil }
        let fraction = parts.count == 2 ? parts[1] : []
        guard parts.count == 1 || !fraction.isEmpty, fraction.count <= digits else { return nil }
        for index in 0..<digits {
            let byte = index < fraction.count ? fraction[fraction.startIndex + index] : UInt8(ascii: "0")
            guard let next = append(byte, to: value) else { return nil }
            value = next
        }
        return value
    }

    private static func append(_ byte: UInt8, to value: Int64) -> Int64? {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        let (tens, over) = value.multipliedReportingOverflow(by: 10)
        let (sum, overSum) = tens.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
        return over || overSum ? nil : sum
    }
}
