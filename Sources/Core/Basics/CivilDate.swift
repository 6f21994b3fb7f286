/// A day of the proleptic Gregorian calendar.
///
/// - SeeAlso: https://howardhinnant.github.io/date_algorithms.html (`civil_from_days`, `days_from_civil`)
package struct CivilDate: Sendable, Equatable {
    package var year: Int
    /// 1 to 12.
    package var month: Int
    /// 1 to 31.
    package var day: Int

    package init(year: Int, month: Int, day: Int) { (self.year, self.month, self.day) = (year, month, day) }

    /// The day that is `days` after 1970-01-01.
    package init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Moment {
    /// `2026-11-24T02:11:04.123456Z`: RFC 3339 in UTC, always with microseconds. Years 0 to 9999.
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
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        self.init(microseconds: seconds * 1_000_000 + Int64(micros))
        // Month 13, hour 25 and other separators give another text.
        guard self.text.utf8.elementsEqual(bytes) else { return nil }
    }

    private func write(to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let seconds = seconds
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let date = CivilDate(daysSince1970: Int(days))
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
        put(min(max(date.year, 0), 9999), 4, UInt8(ascii: "-"))
        put(date.month, 2, UInt8(ascii: "-"))
        put(date.day, 2, UInt8(ascii: "T"))
        put(second / 3600, 2, UInt8(ascii: ":"))
        put(second / 60 % 60, 2, UInt8(ascii: ":"))
        put(second % 60, 2, UInt8(ascii: "."))
        put(Int(microseconds - seconds * 1_000_000), 6, UInt8(ascii: "Z"))
        return at
    }
}
