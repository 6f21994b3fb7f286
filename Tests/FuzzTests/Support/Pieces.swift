@testable import Core

/// Ways of cutting an input, made from the input itself: a failure can be seen again.
enum Pieces {
    /// Whole, byte by byte, and three ways that look like chance.
    static func of(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
        let seed = bytes.reduce(UInt64(bytes.count)) { ($0 &* 31) &+ UInt64($1) }
        return [[bytes[...]], cut(bytes) { 1 }]
            + (1...3 as ClosedRange<UInt64>).map { turn in
                var dice = Dice(seed &+ turn)
                return cut(bytes) { dice.number(below: 17) + 1 }
            }
    }

    private static func cut(_ bytes: [UInt8], _ length: () -> Int) -> [ArraySlice<UInt8>] {
        var (pieces, rest) = ([ArraySlice<UInt8>](), bytes[...])
        while !rest.isEmpty {
            let piece = rest.prefix(length())
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}

/// Numbers that look like chance, and are the same each time.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func number(below limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return limit > 0 ? Int(state % UInt64(limit)) : 0
    }
}

/// An input of several parts, one in a line; the last one may have several lines.
struct Parts {
    let parts: [[UInt8]]

    init(_ bytes: [UInt8], _ count: Int) {
        parts = bytes.split(separator: 0x0A, maxSplits: count - 1, omittingEmptySubsequences: false).map { Array($0) }
    }

    /// Empty where the input has no such part.
    func bytes(_ index: Int) -> [UInt8] { index < parts.count ? parts[index] : [] }

    /// nil for a part that is no UTF-8.
    func text(_ index: Int) -> String? { String(validating: bytes(index), as: UTF8.self) }
}

/// What a step gives, or nil when it refuses.
func allowed<T>(_ step: () throws(Refusal) -> T) -> T? {
    do throws(Refusal) { return try step() } catch { return nil }
}

/// Where `part` begins in `text`, looked for in the plainest way.
func place(of part: [UInt8], in text: [UInt8]) -> Int? {
    guard text.count >= part.count else { return nil }
    return (0...(text.count - part.count)).first { text[$0..<($0 + part.count)].elementsEqual(part) }
}

/// Whether nothing in it could end a line or a string.
func isOneLine(_ bytes: some Collection<UInt8>) -> Bool { !bytes.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 } }
