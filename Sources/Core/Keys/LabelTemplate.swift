/// A label with names in it, `tenant-{tenant}-{user}-{run}`: reads tags from labels.
package struct LabelTemplate: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case literal([UInt8])
        case name(String)

        /// nil for a name: that may be anything.
        var fixed: [UInt8]? { if case .literal(let bytes) = self { bytes } else { nil } }
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
            guard let close = rest[open...].firstIndex(of: "}") else { return nil }
            if open > rest.startIndex { pieces.append(.literal(Array(rest[..<open].utf8))) }
            let name = String(rest[rest.index(after: open)..<close])
            guard Tag.isName(name) || Self.ignored.contains(name), !placeholders.contains(name) else { return nil }
            if case .name = pieces.last { return nil }
            pieces.append(.name(name))
            rest = rest[rest.index(after: close)...]
        }
        if rest.contains("}") { return nil }
        if !rest.isEmpty { pieces.append(.literal(Array(rest.utf8))) }
        if names.isEmpty { return nil }
    }

    /// The tags that it gives.
    package var names: [String] { placeholders.filter { !Self.ignored.contains($0) } }

    private var placeholders: [String] {
        pieces.compactMap { piece in if case .name(let name) = piece { name } else { nil } }
    }

    /// Placeholders for what is no tag.
    private static let ignored: Set = ["run", "label", "policy", "vendor"]

    /// nil for a label that does not fit. Each placeholder stands for one character or more.
    package func read(_ label: String) -> Reading? {
        let bytes = Array(label.utf8)
        guard bytes.count <= 256 else { return nil }
        let ways = Ways(pieces.map(\.fixed), bytes)
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
            guard case .name(let name) = piece, !Self.ignored.contains(name) else { continue }
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
        private let pieces: [[UInt8]?]
        private let bytes: [UInt8]
        /// `table[piece][start]`: ways in which the pieces from this one on cover the bytes from there to the end.
        private var table: [[UInt8]]

        /// A piece is a literal, or nil for one byte or more of anything.
        init(_ pieces: [[UInt8]?], _ bytes: [UInt8]) {
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
            guard let literal = pieces[piece] else { return min(start + 1, bytes.count + 1)..<(bytes.count + 1) }
            let end = start + literal.count
            let fits = end <= bytes.count && bytes[start..<end].elementsEqual(literal)
            return fits ? end..<(end + 1) : 0..<0
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
