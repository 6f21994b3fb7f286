/// A path and query in their one spelling; what has two spellings is refused, since origins disagree on them.
package struct CanonicalPath: Sendable, Equatable {
    /// Percent-encoded ASCII, starting with `/`.
    package let path: [UInt8]
    /// Without the `?`; nil when there is none.
    package var query: [UInt8]?
    /// Between the slashes, decoded: `%40` and `@` are one name to most origins, so they are judged alike. A trailing
    /// slash makes no segment.
    package let segments: [ArraySlice<UInt8>]

    /// Reads the origin-form of a request target.
    /// - Throws: `.pathNotCanonical` naming what was found.
    package init(_ target: ArraySlice<UInt8>) throws(Refusal) {
        let question = target.firstIndex(of: UInt8(ascii: "?"))
        try self.init(path: target[..<(question ?? target.endIndex)], query: question.map { target[($0 + 1)...] })
    }

    init(path raw: ArraySlice<UInt8>, query: ArraySlice<UInt8>?) throws(Refusal) {
        guard raw.first == UInt8(ascii: "/") else { throw .pathNotCanonical("a path that does not begin with /") }
        let path = try Self.spelled(raw)
        var segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if segments.last?.isEmpty == true { segments.removeLast() }
        if path.contains(UInt8(ascii: "%")) { segments = segments.map { Percent.decode($0)[...] } }
        for segment in segments { try Self.check(segment) }
        (self.path, self.segments) = (path, segments)
        self.query = try query.map { bytes throws(Refusal) in try Self.checkedQuery(bytes) }
    }

    /// What is sent upstream.
    package var target: [UInt8] { query.map { path + [UInt8(ascii: "?")] + $0 } ?? path }

    package var text: String { String(bytes: path) }

    /// The path without its first segment, for the gateway.
    package func droppingFirstSegment() throws(Refusal) -> CanonicalPath {
        let rest = path.dropFirst().firstIndex(of: UInt8(ascii: "/")).map { path[$0...] } ?? [UInt8(ascii: "/")]
        return try CanonicalPath(path: rest, query: query.map { $0[...] })
    }

    /// Takes every query parameter of this name out, in whatever case and spelling, and answers their decoded values.
    mutating func take(_ name: String) -> [[UInt8]] {
        guard let query else { return [] }
        var (values, others) = ([[UInt8]](), [ArraySlice<UInt8>]())
        for part in query.split(separator: UInt8(ascii: "&")) {
            let key = part.prefix { $0 != UInt8(ascii: "=") }
            if ASCII.lowercased(Percent.decodeForm(key) ?? []) == ASCII.lowercased(name.utf8) {
                values.append(Percent.decodeForm(part.dropFirst(key.count + 1)) ?? [])
            } else {
                others.append(part)
            }
        }
        guard !values.isEmpty else { return [] }
        self.query = others.isEmpty ? nil : Array(others.joined(separator: [UInt8(ascii: "&")]))
        return values
    }

    private static func check(_ segment: ArraySlice<UInt8>) throws(Refusal) {
        if segment.isEmpty { throw .pathNotCanonical("an empty segment (//)") }
        if segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
            throw .pathNotCanonical("a dot segment")
        }
        // Some origins, and their file systems, take these away.
        if segment.last == UInt8(ascii: ".") || segment.last == 0x20 || segment.first == 0x20 {
            throw .pathNotCanonical("a segment with a dot or space at its end")
        }
        if segment.contains(where: { $0 >= 0x80 }) { try checkText(segment) }
    }

    /// Bytes that are no UTF-8, or too long for what they mean, are read in many ways; so are characters that fold to the
    /// ones that paths are made of.
    private static func checkText(_ segment: ArraySlice<UInt8>) throws(Refusal) {
        guard let text = String(validating: segment, as: UTF8.self) else {
            throw .pathNotCanonical("an escape that is no UTF-8")
        }
        guard
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control || folding.contains($0) })
        else { throw .pathNotCanonical("a character that some take for another") }
    }

    /// No-break space; dot leaders; slashes; full-width and small forms of the dot, slash, backslash, percent sign and
    /// semicolon; the Kelvin sign and the long s, which are a k and an s without regard to case.
    private static let folding = Set(
        "\u{A0}\u{2024}\u{2025}\u{2026}\u{2044}\u{2215}\u{29F8}\u{2216}\u{29F5}\u{FF0E}\u{FF0F}\u{FF3C}\u{FF05}\u{FF1B}\u{FE52}\u{FE68}\u{FE6A}\u{FE54}\u{212A}\u{17F}"
            .unicodeScalars)

    /// Checks every byte and writes escapes in upper case.
    private static func spelled(_ raw: ArraySlice<UInt8>) throws(Refusal) -> [UInt8] {
        guard raw.contains(UInt8(ascii: "%")) else {
            guard raw.allSatisfy({ pathBytes[Int($0)] }) else { throw .pathNotCanonical(badByte(raw)) }
            return Array(raw)
        }
        var path: [UInt8] = []
        var at = raw.startIndex
        while at < raw.endIndex {
            if raw[at] == UInt8(ascii: "%") {
                path += try escape(raw, at)
                at += 3
            } else {
                guard pathBytes[Int(raw[at])] else { throw .pathNotCanonical(badByte(raw)) }
                path.append(raw[at])
                at += 1
            }
        }
        return path
    }

    private static func escape(_ raw: ArraySlice<UInt8>, _ at: Int) throws(Refusal) -> [UInt8] {
        guard at + 2 < raw.endIndex, let high = ASCII.hexValue(raw[at + 1]), let low = ASCII.hexValue(raw[at + 2])
        else {
            throw .pathNotCanonical("a broken percent escape")
        }
        let byte = high << 4 | low
        // Encoded slashes, dots, percent signs and controls are decoded by some origins and not by others;
        // an encoded letter is a second spelling of itself.
        guard byte >= 0x20, byte != 0x7F, !Percent.isUnreserved(byte), !twoFaced.contains(byte) else {
            throw .pathNotCanonical("a percent escape that hides a character")
        }
        return [UInt8(ascii: "%"), Percent.upperHex[Int(high)], Percent.upperHex[Int(low)]]
    }

    private static let twoFaced = Set("/\\%;".utf8)

    private static func badByte(_ raw: ArraySlice<UInt8>) -> String {
        switch raw.first(where: { !pathBytes[Int($0)] }) {
        case UInt8(ascii: "\\"): "a backslash"
        case UInt8(ascii: ";"): "a path parameter (;)"
        case UInt8(ascii: "#"): "a fragment"
        case .some(0x80...): "a character that is not ASCII"
        default: "a character that does not belong in a path"
        }
    }

    /// pchar of RFC 3986 without `;`, and the slash.
    private static let pathBytes: [Bool] = table("-._~!$&'()*+,=:@/")

    /// query characters of RFC 3986, and the brackets that PHP and Stripe clients leave unescaped.
    private static let queryBytes: [Bool] = table("-._~!$&'()*+,=:@/?;[]|")

    private static func table(_ symbols: String) -> [Bool] {
        let symbols = Set(symbols.utf8)
        return (0..<256).map { $0 < 128 && (ASCII.isAlphanumeric(UInt8($0)) || symbols.contains(UInt8($0))) }
    }

    private static func checkedQuery(_ query: ArraySlice<UInt8>) throws(Refusal) -> [UInt8] {
        var at = query.startIndex
        while at < query.endIndex {
            if query[at] == UInt8(ascii: "%") {
                guard at + 2 < query.endIndex, ASCII.hexValue(query[at + 1]) != nil,
                    ASCII.hexValue(query[at + 2]) != nil
                else { throw .pathNotCanonical("a broken percent escape in the query") }
                at += 3
            } else {
                guard queryBytes[Int(query[at])] else {
                    throw .pathNotCanonical("a character that does not belong in a query")
                }
                at += 1
            }
        }
        return Array(query)
    }
}
