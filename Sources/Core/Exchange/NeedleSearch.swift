/// Looks for many needles in one pass (Wu and Manber's algorithm): megabytes of other text cost little, and a needle
/// more costs next to nothing.
struct NeedleSearch: Sendable {
    private let needles: [[UInt8]]
    /// With so many of its first bytes a needle counts as found: whoever cuts it off shows that much of it.
    private let stems: [Int]
    /// Bytes of the shortest stem; as many of each needle begin the search.
    private let window: Int
    private let longest: Int
    /// How far the window may move when two bytes with this mark end it; 0: a needle may stand here.
    private let shifts: [UInt8]
    /// Needles by the mark of the last two bytes of their window, and by their first byte.
    private let byMark: [Int: [Int]]
    private let byFirst: [[Int]]

    /// nil when there is nothing to look for. A needle has at least two bytes.
    init?(_ needles: [[UInt8]]) {
        let stems = needles.map { min($0.count, max(16, ($0.count + 1) / 2)) }
        guard let window = stems.min(), window >= 2 else { return nil }
        (self.needles, self.stems, self.window) = (needles, stems, window)
        longest = needles.map(\.count).max() ?? 0
        var shifts = [UInt8](repeating: UInt8(clamping: window - 1), count: Self.marks)
        for needle in needles {
            for end in 1..<window {
                let mark = Self.mark(needle[end - 1], needle[end])
                shifts[mark] = min(shifts[mark], UInt8(clamping: window - 1 - end))
            }
        }
        self.shifts = shifts
        byMark = Dictionary(grouping: needles.indices) { Self.mark(needles[$0][window - 2], needles[$0][window - 1]) }
        let byFirst = Dictionary(grouping: needles.indices) { needles[$0][0] }
        self.byFirst = (0...UInt8.max).map { byFirst[$0] ?? [] }
    }

    func occurs(in text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { next(in: $0, from: 0) != nil } }

    /// Overwrites every occurrence of every needle with stars, also of those that overlap, and what is left of those that
    /// are cut off.
    func blot(_ text: inout [UInt8]) { blot(&text, as: text, before: text.count) }

    /// Overwrites what begins in `original` before `end`.
    func blot(_ text: inout [UInt8], as original: [UInt8], before end: Int) {
        let found = original.withUnsafeBufferPointer { all(in: $0) }
        for range in found where range.lowerBound < end {
            for index in range { text[index] = UInt8(ascii: "*") }
        }
    }

    /// The length of the longest tail that begins a needle without finishing it.
    func begun(at text: [UInt8]) -> Int {
        text.withUnsafeBufferPointer { text in
            for start in max(0, text.count - longest + 1)..<text.count {
                let length = text.count - start
                for index in byFirst[Int(text[start])] where needles[index].count > length {
                    if Self.stands(needles[index], length, in: text, at: start) { return length }
                }
            }
            return 0
        }
    }

    private func all(in text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var (found, from) = ([Range<Int>](), 0)
        while let range = next(in: text, from: from) {
            found.append(range)
            from = range.lowerBound + 1
        }
        return found
    }

    /// The first occurrence that begins at `from` or behind it, of the needle of which most stands there.
    private func next(in text: UnsafeBufferPointer<UInt8>, from: Int) -> Range<Int>? {
        shifts.withUnsafeBufferPointer { shifts in
            var end = from + window - 1
            while end < text.count {
                let mark = Self.mark(text[end - 1], text[end])
                let shift = Int(shifts[mark])
                if shift == 0, let length = longest(in: text, at: end - window + 1, mark) {
                    let start = end - window + 1
                    return start..<(start + length)
                }
                end += max(1, shift)
            }
            return nil
        }
    }

    private func longest(in text: UnsafeBufferPointer<UInt8>, at start: Int, _ mark: Int) -> Int? {
        let standing = byMark[mark]?.filter { Self.stands(needles[$0], stems[$0], in: text, at: start) }
        return standing?.map { index in
            let needle = needles[index]
            var length = stems[index]
            while length < needle.count, start + length < text.count, text[start + length] == needle[length] {
                length += 1
            }
            return length
        }.max()
    }

    /// Whether the first `length` bytes of a needle stand there.
    private static func stands(
        _ needle: [UInt8], _ length: Int, in text: UnsafeBufferPointer<UInt8>, at start: Int
    ) -> Bool {
        guard start + length <= text.count else { return false }
        for index in 0..<length where text[start + index] != needle[index] { return false }
        return true
    }

    private static let marks = 4096

    /// Two bytes by which most windows can be told from the needles'.
    private static func mark(_ first: UInt8, _ second: UInt8) -> Int { (Int(first) << 4 ^ Int(second)) & (marks - 1) }
}
