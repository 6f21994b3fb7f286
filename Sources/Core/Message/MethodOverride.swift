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

    /// The first one that is the name of a part of multipart content (RFC 7578, section 4.2).
    func first(inMultipart content: [UInt8]) -> [UInt8]? {
        for range in ASCII.lowercased(content).ranges(of: Array("name=".utf8)) {
            let written = content[range.upperBound...].drop { $0 == UInt8(ascii: "\"") }
            if let name = read(written.prefix(64).prefix { !Self.ends.contains($0) }) { return name }
        }
        return nil
    }

    /// The one that is meant by this spelling.
    func read(_ bytes: some Collection<UInt8>) -> [UInt8]? {
        guard bytes.count >= shortest else { return nil }
        // Frameworks trim names, read `_method[]` as a value of the same name, and drop brackets before it.
        let plain = ASCII.trimmed(Array(bytes)[...]).drop(while: Self.isBracket).prefix { !Self.isBracket($0) }
        let name = ASCII.lowercased(ASCII.trimmed(plain))
        return names.contains(name) ? name : nil
    }

    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    private static let ends = Set("\";\r\n".utf8)
}
