extension Span {
    /// Reads `5m`, `1h30m`, `300s`, `2d`, or plain seconds; units fall, none twice; nil when malformed or too long.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        if let seconds = Decimals.whole(bytes), seconds < Self.longest {
            self = .seconds(seconds)
            return
        }
        var total: Int64 = 0
        var digits: [UInt8] = []
        var units = Self.units[...]
        for byte in bytes {
            if ASCII.isDigit(byte) {
                digits.append(byte)
            } else {
                guard let at = units.firstIndex(where: { $0.letter == byte }), let count = Decimals.whole(digits),
                    count < Self.longest
                else { return nil }
                total += count * units[at].seconds
                (units, digits) = (units[(at + 1)...], [])
            }
        }
        guard digits.isEmpty, !bytes.isEmpty, total < Self.longest else { return nil }
        self = .seconds(total)
    }

    /// As it would be written: `1h30m`, `45s`.
    package var text: String {
        var rest = microseconds / 1_000_000
        var text = ""
        for unit in Self.units where rest >= unit.seconds {
            text += "\(rest / unit.seconds)\(Character(Unicode.Scalar(unit.letter)))"
            rest %= unit.seconds
        }
        return text.isEmpty ? "0s" : text
    }

    private static let units: [(letter: UInt8, seconds: Int64)] = [
        (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3600), (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1),
    ]

    /// A hundred years, in seconds.
    private static let longest: Int64 = 3_153_600_000
}
