/// The parameter `_method`, with which some frameworks turn a POST into another method, whatever was judged.
enum MethodOverride {
    private static let name = Array("_method".utf8)

    /// Whether a query or a form has it, also where the rest can't be read.
    static func isIn(parameters: some Collection<UInt8>) -> Bool {
        // Older frameworks separate parameters by semicolons too.
        Array(parameters).split { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") }.contains { part in
            let written = part.prefix { $0 != UInt8(ascii: "=") }
            return isName(Percent.decodeForm(written) ?? Array(written))
        }
    }

    /// Whether multipart content has a part of that name (RFC 7578, section 4.2).
    static func isIn(multipart: [UInt8]) -> Bool {
        let content = ASCII.lowercased(multipart)
        return ["name=\"_method\"", "name=_method"].contains { content.firstRange(of: Array($0.utf8)) != nil }
    }

    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        // Frameworks trim names, and read `_method[]` as a value of the same name.
        ASCII.lowercased(ASCII.trimmed(Array(bytes)[...]).prefix { $0 != UInt8(ascii: "[") }) == name
    }
}
