internal import Core

extension Value {
    /// Printable ASCII, not empty.
    func text(_ what: String = "text") -> String? {
        guard let text = scalar, !text.isEmpty else { return expected(what) }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            fail("has characters other than printable ASCII")
            return nil
        }
        return text
    }

    /// Any text, also of several lines (templates).
    func lines() -> String? { isNothing ? expected("text") : scalar ?? expected("text") }

    /// One of a few words.
    func word(_ words: [String]) -> String? {
        let list = words.dropLast().joined(separator: ", ") + (words.count > 1 ? " or " : "") + (words.last ?? "")
        guard let text = scalar, words.contains(text) else { return expected(list) }
        return text
    }

    func flag() -> Bool? { word(["true", "false"]).map { $0 == "true" } }

    func whole(_ range: ClosedRange<Int>, _ what: String) -> Int? {
        guard let text = scalar, let number = Decimals.whole(Array(text.utf8)), number <= Int64(Int32.max),
            range.contains(Int(number))
        else { return expected(what) }
        return Int(number)
    }

    /// Decimal dollars: `500`, `0.0004`.
    func money() -> Money? {
        guard let text = scalar, let money = Money(decimal: text) else {
            return expected("US dollars such as 500 or 0.25 (at most six decimals)")
        }
        return money
    }

    /// `5m`, `1h30m`, `300s`, or plain seconds.
    func span(_ range: ClosedRange<Span>) -> Span? {
        guard let text = scalar, let span = Span(text: text) else {
            return expected("a duration such as 5m, 1h30m or 300 (seconds)")
        }
        guard range.contains(span) else {
            return expected("a duration from \(range.lowerBound.text) to \(range.upperBound.text)")
        }
        return span
    }

    /// The name of something: it stands in paths, labels and account names.
    func name(_ what: String) -> String? {
        guard let text = scalar, Self.isName(text) else {
            return expected("\(what) of letters, digits, \".\", \"_\" and \"-\" (at most 64)")
        }
        return text
    }

    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    func glob() -> Glob? { text("a name in which * stands for any characters").map { Glob($0) } }

    /// A path; relative ones start at the configuration file's folder.
    func path() -> String? {
        guard let text = lines(), !text.isEmpty, !text.utf8.contains(0) else { return expected("a path") }
        return text.hasPrefix("/") ? text : source.folder + "/" + text
    }
}
