/// Which requests an allowlist entry or a catalogue operation means: `[METHOD[,METHOD] ][host]/path`.
///
/// `*` in the middle and `{anything}` anywhere are exactly one segment, a trailing `/*` is one or more (in allowlists;
/// exactly one in operations).
package struct EndpointPattern: Sendable, Hashable, CustomStringConvertible {
    package enum Segment: Sendable, Hashable {
        case literal([UInt8])
        case any
    }

    /// nil means any method.
    package var methods: Set<Method>?
    /// nil means the vendor's primary host.
    package var host: String?
    package var segments: [Segment]
    /// A trailing `/*` that stands for one or more segments.
    package var open: Bool
    /// As it was written; reading it again gives the same pattern.
    package var text: String

    package var description: String { text }

    package struct Problem: Error, Sendable, Equatable {
        package var message: String
    }

    /// Reads a pattern. `exact` reads a trailing `*` as one segment, for operations of the catalogue.
    package init(_ text: String, exact: Bool = false) throws(Problem) {
        // A trailing `*` would be read as more than one segment the next time.
        self.text = exact && text.hasSuffix("/*") ? text.dropLast() + "{id}" : text
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count <= 2, let location = words.last else { throw Problem(message: "expected \"[METHOD ]/path\"") }
        methods = words.count == 2 ? try Self.methods(words[0]) : nil
        guard let slash = location.firstIndex(of: "/") else {
            throw Problem(message: "\"\(location)\" has no \"/\"; expected a path such as /v1/charges")
        }
        host = slash == location.startIndex ? nil : String(location[..<slash])
        var parts = location[location.index(after: slash)...].utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        open = !exact && parts.last.map { Array($0) == Array("*".utf8) } == true
        if open { parts.removeLast() }
        segments = try parts.map(Self.segment)
    }

    /// The segments as they were written, `{name}` and all.
    var parts: [Substring] { (text.split(separator: " ").last?.drop { $0 != "/" } ?? "").split(separator: "/") }

    private static func methods(_ list: String) throws(Problem) -> Set<Method> {
        var methods: Set<Method> = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let method = Method(rawValue: String(name)), method != .connect else {
                throw Problem(message: "\"\(name)\" is not a method")
            }
            methods.insert(method)
        }
        return methods
    }

    private static func segment(_ bytes: Substring.UTF8View) throws(Problem) -> Segment {
        if bytes.count == 1, bytes.first == UInt8(ascii: "*") { return .any }
        if bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") { return .any }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?") }) else {
            throw Problem(message: "\"\(String(Substring(bytes)))\" is not a path segment; * stands for a whole one")
        }
        return .literal(Percent.decode(bytes))
    }
}
