/// A label with names in it, `tenant-{tenant}-{user}-{run}`: reads tags from labels. `{user:word}` and `{user:uuid}` say
/// how a tag's value looks, so that what stands behind it may hold anything.
package struct LabelTemplate: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case literal([UInt8])
        case name(String, Shape)
    }

    /// How a value looks.
    private enum Shape: String, Sendable {
        case anything
        /// Letters, digits and `_`.
        case word
        /// Hexadecimal digits in groups of 8, 4, 4, 4 and 12.
        case uuid
    }

    /// What a label says; of one that fits in more than one way it says nothing.
    package enum Reading: Sendable, Equatable {
        case certain(Tags)
        case ambiguous
    }

    package let text: String
    private var pieces: [Piece] = []

    /// nil for a text that names no tag, one twice, or two without anything between them.
    package init?(_ text: String) {
        self.text = text
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard !rest[..<open].contains("}"), let close = rest[open...].firstIndex(of: "}") else { return nil }
            if open > rest.startIndex { pieces.append(.literal(Array(rest[..<open].utf8))) }
            guard let piece = Self.placeholder(rest[rest.index(after: open)..<close]), case .name(let name, _) = piece,
                !placeholders.contains(name)
            else { return nil }
            if case .name = pieces.last { return nil }
            pieces.append(piece)
            rest = rest[rest.index(after: close)...]
        }
        if rest.contains("}") { return nil }
        if !rest.isEmpty { pieces.append(.literal(Array(rest.utf8))) }
        if names.isEmpty { return nil }
    }

    /// `user` or `user:word`. What is no tag has no shape: agents often choose it, and could move a tag's end with it.
    private static func placeholder(_ text: Substring) -> Piece? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        guard parts.count == 2 else {
            return Tag.isName(name) || ignored.contains(name) ? .name(name, .anything) : nil
        }
        guard Tag.isName(name), let shape = Shape(rawValue: parts[1]), shape != .anything else { return nil }
        return .name(name, shape)
    }

    /// The tags that it gives.
    package var names: [String] { placeholders.filter { !Self.ignored.contains($0) } }

    private var placeholders: [String] {
        pieces.compactMap { piece in if case .name(let name, _) = piece { name } else { nil } }
    }

    /// Placeholders for what is no tag.
    private static let ignored: Set = ["run", "label", "policy", "vendor"]

    /// nil for a label that does not fit. Each placeholder stands for one character or more.
    package func read(_ label: String) -> Reading? {
        let bytes = Array(label.utf8)
        guard bytes.count <= 256 else { return nil }
        let ways = Ways(pieces, bytes)
        switch ways.count {
        case 0: return nil
        case 1: return tags(ways.cuts(), bytes).map(Reading.certain) ?? .ambiguous
        default: return .ambiguous
        }
    }

    /// nil when a value is none that a tag can have.
    private func tags(_ values: [Range<Int>], _ bytes: [UInt8]) -> Tags? {
        var tags = Tags()
        for (piece, range) in zip(pieces, values) {
            guard case .name(let name, _) = piece, !Self.ignored.contains(name) else { continue }
            let value = String(bytes: bytes[range])
            guard Tag.isValue(value) else { return nil }
            tags[name] = value
        }
        return tags
    }
}

extension LabelTemplate {
    /// In how many ways bytes fall into pieces; counted up to two.
    private struct Ways {
        private let pieces: [Piece]
        private let bytes: [UInt8]
        /// `table[piece][start]`: ways in which the pieces from this one on cover the bytes from there to the end.
        private var table: [[UInt8]]

        init(_ pieces: [Piece], _ bytes: [UInt8]) {
            (self.pieces, self.bytes) = (pieces, bytes)
            table = Array(repeating: Array(repeating: 0, count: bytes.count + 1), count: pieces.count + 1)
            table[pieces.count][bytes.count] = 1
            for piece in pieces.indices.reversed() {
                for start in 0...bytes.count { table[piece][start] = count(piece, start) }
            }
        }

        var count: UInt8 { table[0][0] }

        private func count(_ piece: Int, _ start: Int) -> UInt8 {
            ends(piece, start).reduce(UInt8(0)) { min(2, $0 + table[piece + 1][$1]) }
        }

        /// Where the piece that starts there may end.
        private func ends(_ piece: Int, _ start: Int) -> Range<Int> {
            switch pieces[piece] {
            case .literal(let literal): return whole(start, literal.count) { $0.elementsEqual(literal) }
            case .name(_, .uuid): return whole(start, 36, Self.isUUID)
            case .name(_, .word): return some(start, until: bytes[start...].firstIndex { !Self.isWord($0) })
            case .name(_, .anything): return some(start, until: nil)
            }
        }

        private func whole(_ start: Int, _ length: Int, _ fits: (ArraySlice<UInt8>) -> Bool) -> Range<Int> {
            let end = start + length
            return end <= bytes.count && fits(bytes[start..<end]) ? end..<(end + 1) : 0..<0
        }

        /// One byte or more.
        private func some(_ start: Int, until end: Int?) -> Range<Int> {
            let last = end ?? bytes.count
            return min(start, last) + 1..<max(start, last) + 1
        }

        private static func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
            default: false
            }
        }

        private static func isUUID(_ bytes: ArraySlice<UInt8>) -> Bool {
            bytes.enumerated().allSatisfy { at, byte in
                switch byte {
                case 0x2D: [8, 13, 18, 23].contains(at)
                case 0x30...0x39, 0x41...0x46, 0x61...0x66: ![8, 13, 18, 23].contains(at)
                default: false
                }
            }
        }

        /// Where the pieces lie, when there is one way.
        func cuts() -> [Range<Int>] {
            var (start, cuts) = (0, [Range<Int>]())
            for piece in pieces.indices {
                let end = ends(piece, start).first { table[piece + 1][$0] > 0 } ?? start
                cuts.append(start..<end)
                start = end
            }
            return cuts
        }
    }
}
