/// A pattern over whole names: `*` stands for any characters, everything else for itself.
package struct Glob: Sendable, Hashable {
    package let text: String
    private let pattern: [UInt8]

    package init(_ text: String) { (self.text, pattern) = (text, Array(text.utf8)) }

    package func matches(_ name: String) -> Bool {
        var name = name
        return pattern.withUnsafeBufferPointer { pattern in name.withUTF8 { Self.match(pattern, $0) } }
    }

    /// Whether the text has no wildcard.
    package var isLiteral: Bool { !text.utf8.contains(UInt8(ascii: "*")) }

    /// Linear backtracking: only the last star is ever reconsidered.
    private static func match(_ pattern: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        var (p, n) = (pattern.startIndex, name.startIndex)
        var star: (pattern: Int, name: Int)?
        while n < name.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < pattern.endIndex, pattern[p] == name[n] {
                (p, n) = (p + 1, n + 1)
            } else if let last = star {
                (p, n) = (last.pattern + 1, last.name + 1)
                star = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
