/// Reads the fields of multipart content as it passes (RFC 7578), for names that must not come.
///
/// Parsers disagree on boundaries, line ends and notations, so it follows none of them: every line that begins like a
/// part's field is judged, wherever it stands, in every way in which a name can be read from it.
struct PartWatch: Sendable {
    private let names: ParameterNames
    private var line: [UInt8] = []
    /// Whether `line` may still be a part's field.
    private var isCandidate = true
    private var isAtStart = true

    private static let beginning = Array("content-".utf8)
    private static let limit = 8192

    init(_ names: ParameterNames) { self.names = names }

    /// Looks at the next piece.
    /// - Returns: the name that was found, the first that must not come.
    /// - Throws: `.malformedRequest` for a field that can't be judged.
    mutating func see(_ piece: some Sequence<UInt8>) throws(Refusal) -> [UInt8]? {
        for byte in piece {
            if let name = try take(byte) { return name }
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) throws(Refusal) -> [UInt8]? {
        switch byte {
        case 0x0D, 0x0A:
            isAtStart = true
            return nil
        case 0x20, 0x09:
            // The line before goes on (folding).
            if isAtStart { isCandidate = isField }
        default:
            if isAtStart {
                let found = isField ? try judged() : nil
                (line, isCandidate) = ([], true)
                if let found { return found }
            }
        }
        isAtStart = false
        if isCandidate { try append(byte) }
        return nil
    }

    private var isField: Bool { isCandidate && line.count >= Self.beginning.count }

    private mutating func append(_ byte: UInt8) throws(Refusal) {
        line.append(byte)
        if line.count <= Self.beginning.count {
            isCandidate = ASCII.lower(byte) == Self.beginning[line.count - 1]
        } else if line.count > Self.limit {
            throw .malformedRequest("a field of a part that is too long")
        }
    }

    private func judged() throws(Refusal) -> [UInt8]? {
        let value = line.drop { $0 != UInt8(ascii: ":") }
        let text = ASCII.lowercased(
            Percent.decode(value.filter { $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"") }))
        // Names in pieces (RFC 2231, section 3).
        let plain = text.filter { $0 > 0x20 }
        guard plain.ranges(of: Array(";name*0".utf8)).isEmpty, plain.ranges(of: Array(";name*1".utf8)).isEmpty else {
            throw .malformedRequest("the name of a part in pieces")
        }
        return names.inside(plain) ?? names.inside(text)
    }
}
