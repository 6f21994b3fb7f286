/// Looks for names that must not come in content that passes by.
enum ContentWatch: Sendable {
    case form(FormWatch)
    case parts(PartWatch)

    /// Looks at the next piece.
    /// - Returns: the name that was found.
    /// - Throws: `.malformedRequest` for what can't be judged.
    mutating func see(_ piece: some Sequence<UInt8>) throws(Refusal) -> [UInt8]? {
        switch self {
        case .form(var watch):
            defer { self = .form(watch) }
            return watch.see(piece)
        case .parts(var watch):
            defer { self = .parts(watch) }
            return try watch.see(piece)
        }
    }

    /// Nothing follows.
    func finish() -> [UInt8]? { if case .form(let watch) = self { watch.finish() } else { nil } }
}

/// Reads what may be a form, as it passes.
struct FormWatch: Sendable {
    private let names: ParameterNames
    private var name: [UInt8] = []
    private var isName = true

    /// Longer names are names to nobody.
    private static let limit = 1 << 16

    init(_ names: ParameterNames) { self.names = names }

    mutating func see(_ piece: some Sequence<UInt8>) -> [UInt8]? {
        for byte in piece {
            switch byte {
            case UInt8(ascii: "&"), UInt8(ascii: ";"), UInt8(ascii: "="):
                if let found = finish() { return found }
                (name, isName) = ([], byte != UInt8(ascii: "="))
            default:
                guard isName else { continue }
                name.append(byte)
                isName = name.count <= Self.limit
            }
        }
        return nil
    }

    func finish() -> [UInt8]? { isName ? names.first(in: name) : nil }
}
