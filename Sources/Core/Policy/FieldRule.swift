/// What a field of a request must be: `customer: "{tag.customer}"`, `To: "+1*"`.
package struct FieldRule: Sendable, Equatable, Codable {
    /// A parameter of content or query (`customer`, `metadata[user]`), or a `{name}` of the allowlist's path.
    package var field: String
    /// Patterns, of which one must fit: `*` stands for any characters, `{tag.NAME}`, `{run}` and `{label}` for what the
    /// key has.
    package var values: [String]
    /// Only for this operation of the catalogue; nil for every request.
    package var operation: String?

    package init(field: String, values: [String], operation: String? = nil) {
        (self.field, self.values, self.operation) = (field, values, operation)
    }

    package static let most = 16

    /// Whether a name can stand for a field.
    package static func isField(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}

/// A pattern of a field rule, read.
package struct FieldPattern: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case literal([UInt8])
        case anything
        case tag(String)
        case run
        case label
    }

    private var pieces: [Piece] = []

    /// nil for a `{…}` that means nothing.
    package init?(_ text: String) {
        // By scalars: a combining mark behind a star would hide it in one character.
        var rest = text.unicodeScalars[...]
        while let special = rest.firstIndex(where: { $0 == "*" || $0 == "{" }) {
            if special > rest.startIndex { pieces.append(.literal(Self.bytes(rest[..<special]))) }
            guard rest[special] == "{" else {
                pieces.append(.anything)
                rest = rest[rest.index(after: special)...]
                continue
            }
            guard let close = rest[special...].firstIndex(of: "}"),
                let piece = Self.piece(Substring(rest[rest.index(after: special)..<close]))
            else { return nil }
            pieces.append(piece)
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.literal(Self.bytes(rest))) }
    }

    private static func bytes(_ scalars: Substring.UnicodeScalarView) -> [UInt8] { Array(Substring(scalars).utf8) }

    private static func piece(_ name: Substring) -> Piece? {
        switch name {
        case "run": return .run
        case "label": return .label
        default:
            guard name.hasPrefix("tag."), Tag.isName(String(name.dropFirst(4))) else { return nil }
            return .tag(String(name.dropFirst(4)))
        }
    }

    /// The tags that it needs.
    package var tags: [String] { pieces.compactMap { if case .tag(let name) = $0 { name } else { nil } } }

    /// Whether a value fits for this key; what the key does not have fits nothing. A `*` within a tag is itself.
    func fits(_ value: [UInt8], _ key: VaultKey, runID: String?) -> Bool {
        guard let symbols = symbols(key.tags, key.label, runID) else { return false }
        return Self.match(symbols, value.map(UInt16.init))
    }

    /// Whether everything that fits this pattern fits `other` too. A `*` is within a `*` only.
    func isWithin(_ other: FieldPattern, tags: Tags, label: String, runID: String?) -> Bool {
        guard let own = symbols(tags, label, runID), let most = other.symbols(tags, label, runID) else { return false }
        return Self.match(most, own)
    }

    /// Bytes and stars; nil when something is missing that it needs.
    private func symbols(_ tags: Tags, _ label: String, _ runID: String?) -> [UInt16]? {
        var symbols: [UInt16] = []
        for piece in pieces {
            switch piece {
            case .literal(let bytes): symbols += bytes.map(UInt16.init)
            case .anything: symbols.append(Self.star)
            case .tag(let name):
                guard let tag = tags[name] else { return nil }
                symbols += tag.utf8.map(UInt16.init)
            case .run:
                guard let runID else { return nil }
                symbols += runID.utf8.map(UInt16.init)
            case .label: symbols += label.utf8.map(UInt16.init)
            }
        }
        return symbols
    }

    /// No byte.
    private static let star: UInt16 = 0x100

    /// Linear backtracking, as in `Glob`: only the last star is ever reconsidered.
    private static func match(_ pattern: [UInt16], _ value: [UInt16]) -> Bool {
        var (p, v) = (0, 0)
        var last: (pattern: Int, value: Int)?
        while v < value.count {
            if p < pattern.count, pattern[p] == star {
                last = (p, v)
                p += 1
            } else if p < pattern.count, pattern[p] == value[v] {
                (p, v) = (p + 1, v + 1)
            } else if let star = last {
                (p, v) = (star.pattern + 1, star.value + 1)
                last = (star.pattern, star.value + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == star }
    }
}
