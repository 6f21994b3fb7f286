extension Moment {
    /// `2026-11-24T02:11:04Z`: RFC 3339 in UTC; milliseconds only where there are some.
    package var rfc3339: String {
        let exact = UTC.text(self, fraction: true)
        let fraction = exact.dropFirst(19).prefix(4)
        return exact.prefix(19) + (fraction == ".000" ? "" : fraction) + "Z"
    }

    /// Reads RFC 3339 (section 5.6): any offset, any number of decimals (what is below a microsecond is dropped).
    package init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard (20...64).contains(bytes.count), let moment = Self.whole(Array(bytes[..<19])) else { return nil }
        var rest = bytes[19...]
        guard let micros = Self.fraction(&rest), let offset = Self.offset(rest) else { return nil }
        self.init(microseconds: moment.microseconds + micros - offset * 1_000_000)
    }

    /// `2026-11-24T02:11:04` as UTC.
    private static func whole(_ text: [UInt8]) -> Moment? {
        func number(_ range: Range<Int>) -> Int64 {
            text[range].reduce(0) { $0 * 10 + Int64($1 & 15) }
        }
        let (month, day) = (number(5..<7), number(8..<10))
        let seconds = number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        let moment = Moment(seconds: UTC.days(number(0..<4), month, day) * 86_400 + seconds)
        // Whatever is no digit, no mark in its place, month 13 or hour 25 is written otherwise.
        let canonical = UTC.text(moment).utf8.dropLast()
        return ASCII.lowercased(canonical) == ASCII.lowercased(text) ? moment : nil
    }

    /// Takes `.123` off; answers its microseconds.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        guard rest.first == UInt8(ascii: ".") else { return 0 }
        let digits = rest.dropFirst().prefix(while: ASCII.isDigit)
        rest = rest[digits.endIndex...]
        guard !digits.isEmpty else { return nil }
        let six = Array(digits.prefix(6)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 6 - digits.count))
        return six.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// `Z` or `+02:00`, in seconds.
    private static func offset(_ rest: ArraySlice<UInt8>) -> Int64? {
        let text = Array(rest)
        if text.count == 1 { return text[0] | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        guard text.count == 6, text[3] == UInt8(ascii: ":"),
            text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-")
        else { return nil }
        let digits = [text[1], text[2], text[4], text[5]]
        guard digits.allSatisfy(ASCII.isDigit) else { return nil }
        let hours = Int64(digits[0] - 0x30) * 10 + Int64(digits[1] - 0x30)
        let minutes = Int64(digits[2] - 0x30) * 10 + Int64(digits[3] - 0x30)
        guard hours < 24, minutes < 60 else { return nil }
        return (hours * 3600 + minutes * 60) * (text[0] == UInt8(ascii: "-") ? -1 : 1)
    }
}
