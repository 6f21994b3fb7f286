extension Moment {
    /// `2026-11-24T02:11:04.123456Z`: RFC 3339 in UTC, always with microseconds, for years 0 to 9999. What the records
    /// write on every request, hence without a string in between.
    package var text: String { String(unsafeUninitializedCapacity: Self.textLength) { write(to: $0) } }

    package static let textLength = 27

    /// Reads what `text` writes, and nothing else.
    package init?(text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard bytes.count == Self.textLength else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(0) { sum, byte in sum.flatMap { ASCII.isDigit(byte) ? $0 * 10 + Int(byte - 0x30) : nil }
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let micros = number(20..<26)
        else { return nil }
        let days = UTC.days(Int64(year), Int64(month), Int64(day))
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        self.init(microseconds: seconds * 1_000_000 + Int64(micros))
        // Month 13, hour 25 and other separators give another text.
        guard self.text.utf8.elementsEqual(bytes) else { return nil }
    }

    private func write(to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let seconds = seconds
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let date = UTC.civil(days)
        let second = Int(seconds - days * 86_400)
        var at = 0
        func put(_ value: Int, _ digits: Int, _ mark: UInt8) {
            var rest = value
            for index in (0..<digits).reversed() {
                buffer[at + index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            buffer[at + digits] = mark
            at += digits + 1
        }
        put(Int(min(max(date.year, 0), 9999)), 4, UInt8(ascii: "-"))
        put(Int(date.month), 2, UInt8(ascii: "-"))
        put(Int(date.day), 2, UInt8(ascii: "T"))
        put(second / 3600, 2, UInt8(ascii: ":"))
        put(second / 60 % 60, 2, UInt8(ascii: ":"))
        put(second % 60, 2, UInt8(ascii: "."))
        put(Int(microseconds - seconds * 1_000_000), 6, UInt8(ascii: "Z"))
        return at
    }
}
