@testable import Core

/// Changes inputs as libFuzzer does, but the same way each time: a failure can be seen again.
struct Mutator {
    private var dice: Dice
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]

    init(_ corpus: Corpus, seed: UInt64 = 1) {
        dice = Dice(seed)
        (seeds, words) = (corpus.inputs.map(\.bytes), corpus.words + Self.usual)
    }

    /// The next input: one of the corpus, changed in up to four places.
    mutating func next() -> [UInt8] {
        var bytes = pick(seeds) ?? []
        for _ in 0...dice.number(below: 4) { change(&bytes) }
        return Array(bytes.prefix(4096))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let at = dice.number(below: bytes.count + 1)
        let end = min(bytes.count, at + dice.number(below: 9))
        switch dice.number(below: 8) {
        case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(dice.number(below: 8))
        case 1 where at < bytes.count: bytes[at] = UInt8(dice.number(below: 256))
        case 2: bytes.removeSubrange(at..<end)
        case 3: bytes.insert(contentsOf: Array(bytes[at..<end]), at: at)
        case 4: bytes.insert(UInt8(dice.number(below: 256)), at: at)
        case 5: bytes.replaceSubrange(at..<end, with: pick(words) ?? [])
        case 6: bytes = bytes[..<at] + (pick(seeds).map { $0.suffix(dice.number(below: $0.count + 1)) } ?? [])
        default: bytes.insert(contentsOf: pick(words) ?? [], at: at)
        }
    }

    private mutating func pick(_ values: [[UInt8]]) -> [UInt8]? {
        values.isEmpty ? nil : values[dice.number(below: values.count)]
    }

    /// What parsers stumble over.
    private static let usual = [
        "\0", "\r\n", "\n", "\r", " ", "\t", "%", "%2f", "%00", "..", "//", "\\", ":", "=", "&", "*", "{", "}", "\"",
        "-1",
        "0", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e999", "\u{301}", "\u{200D}", "é",
    ].map { Array($0.utf8) }
}
