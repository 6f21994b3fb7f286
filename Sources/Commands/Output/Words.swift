internal import Core

extension Money {
    /// `$4,480.00`, `$0.0004`.
    var shown: String {
        let text = decimal
        guard let point = text.firstIndex(of: ".") else { return "$" + text }
        var whole = ""
        for (index, digit) in text[..<point].reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3), digit != "-" { whole.append(",") }
            whole.append(digit)
        }
        return "$" + String(whole.reversed()) + text[point...]
    }
}

extension Optional<Money> {
    /// A dash where there is none.
    var shown: String { self?.shown ?? "–" }
}

extension Moment {
    /// `02:11:04`, or with its date when that is not today's: UTC.
    func shown(now: Moment) -> String {
        let text = rfc3339
        let clock = text.dropFirst(11).prefix(8)
        return text.prefix(10) == now.rfc3339.prefix(10) ? String(clock) : text.dropFirst(5).prefix(5) + " " + clock
    }

    /// The time of the system's clock.
    static var now: Moment { SystemClock.now() }
}

extension Span {
    /// The two largest units: `3d 4h`, `12m 5s`.
    var shown: String {
        var rest = max(0, microseconds / 1_000_000)
        var words: [String] = []
        for (letter, seconds) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] as [(String, Int64)] {
            if rest >= seconds { words.append("\(rest / seconds)\(letter)") }
            rest %= seconds
        }
        return words.isEmpty ? "0s" : words.prefix(2).joined(separator: " ")
    }
}
