/// Parameters like `_method`, with which some frameworks turn a POST into another method, whatever was judged.
enum MethodOverride {
    private static let names = [
        "_method", "_httpmethod", "x-http-method-override", "x-http-method", "x-method-override",
    ]
    .map { Array($0.utf8) }
    private static let shortest = names.map(\.count).min() ?? 0

    /// Whether a query or a form has it, also where the rest can't be read.
    static func isIn(parameters: some Collection<UInt8>) -> Bool {
        // Older frameworks separate parameters by semicolons too.
        Array(parameters).split { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") }.contains { part in
            let written = part.prefix { $0 != UInt8(ascii: "=") }
            // A form may have a million shorter ones.
            return written.count >= shortest && isName(Percent.decodeForm(written) ?? Array(written))
        }
    }

    /// Whether multipart content has a part of that name (RFC 7578, section 4.2).
    static func isIn(multipart: [UInt8]) -> Bool {
        ASCII.lowercased(multipart).ranges(of: Array("name=".utf8)).contains { range in
            let written = multipart[range.upperBound...].drop { $0 == UInt8(ascii: "\"") }
            return isName(written.prefix(64).prefix { !nameEnds.contains($0) })
        }
    }

    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        // Frameworks trim names, read `_method[]` as a value of the same name, and drop brackets before it.
        let plain = ASCII.trimmed(Array(bytes)[...]).drop(while: isBracket).prefix { !isBracket($0) }
        return names.contains(ASCII.lowercased(ASCII.trimmed(plain)))
    }

    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    private static let nameEnds = Set("\";\r\n".utf8)
}
