/// Parameters like `_method`, with which some frameworks turn a POST into another method, whatever was judged.
enum MethodOverride {
    static let all = ["_method", "_httpmethod", "x-http-method-override", "x-http-method", "x-method-override"]
    private static let names = ParameterNames(all)

    static func isIn(parameters: some Collection<UInt8>) -> Bool { names.first(in: parameters) != nil }

    static func isName(_ bytes: some Collection<UInt8>) -> Bool { names.read(bytes) != nil }
}

/// Names of parameters that must not come, found in every spelling that an origin may take for them.
struct ParameterNames: Sendable {
    private let names: [[UInt8]]
    private let shortest: Int

    init(_ names: [String]) {
        self.names = names.map { ASCII.lowercased($0.utf8) }
        shortest = names.map(\.utf8.count).min() ?? .max
    }

    /// The first one that a query or a form has, also where the rest can't be read.
    func first(in parameters: some Collection<UInt8>) -> [UInt8]? {
        // Older frameworks separate parameters by semicolons too.
        let parts = Array(parameters).split { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") }
        for part in parts {
            let written = part.prefix { $0 != UInt8(ascii: "=") }
            // A form may have a million shorter ones.
            guard written.count >= shortest else { continue }
            if let name = read(Percent.decodeForm(written) ?? Array(written)) { return name }
        }
        return nil
    }

    /// The one that is meant by this spelling: frameworks trim names, end them at a NUL, read `_method[]` as a value of the
    /// same name, drop brackets before it, and PHP reads dots, spaces and an open bracket as `_`.
    func read(_ bytes: some Collection<UInt8>) -> [UInt8]? {
        guard bytes.count >= shortest else { return nil }
        // Most names have one spelling.
        if bytes.allSatisfy(Self.isWord) { return named(Array(bytes)[...]) }
        let text = Self.trimmed(Array(bytes)[...]).prefix { $0 != 0 }
        return named(Self.trimmed(text.drop(while: Self.isBracket).prefix { !Self.isBracket($0) }))
            ?? named(text.map(Self.mangled)[...]) ?? named(bytes.prefix { $0 != 0 }.map(Self.mangled)[...])
            // In UTF-16 every other byte is a NUL.
            ?? (bytes.contains(0) ? named(Self.trimmed(bytes.filter { $0 != 0 }[...])) : nil)
    }

    private func named(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        names.first { $0.count == bytes.count && zip($0, bytes).allSatisfy { $0 == ASCII.lower($1) } }
    }

    /// The first one that stands anywhere in lower-case text as a word of its own, in any of those spellings.
    func inside(_ text: [UInt8]) -> [UInt8]? {
        let words = text.split { !Self.isWord($0) } + text.map(Self.mangled).split { !Self.isWord($0) }
        return words.lazy.compactMap(named).first
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    /// Without spaces and control characters at both ends.
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = bytes.drop { $0 <= 0x20 }
        return text.prefix(through: text.lastIndex { $0 > 0x20 } ?? text.startIndex - 1)
    }

    private static func mangled(_ byte: UInt8) -> UInt8 {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "[") || byte == 0x20 ? UInt8(ascii: "_") : byte
    }

    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }
}
