@testable import Core

/// Bytes of a text, as what the parsers take.
func bytes(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

/// A numbers source that gives the same numbers each time, so that a failure can be seen again.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// So many letters of an alphabet.
    mutating func letters(_ count: Int, of alphabet: [UInt8]) -> [UInt8] {
        (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &self)] }
    }
}

/// The refusal that a step throws, or nil.
func refusal<T>(_ step: () throws(Refusal) -> T) -> Refusal? {
    do throws(Refusal) {
        _ = try step()
        return nil
    } catch {
        return error
    }
}

/// The same for a step that waits.
func refusal<T>(_ step: () async throws(Refusal) -> T) async -> Refusal? {
    do throws(Refusal) {
        _ = try await step()
        return nil
    } catch {
        return error
    }
}
