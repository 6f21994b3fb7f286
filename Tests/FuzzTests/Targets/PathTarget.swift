@testable import Core

/// A path that is accepted is its own canonical form, and no origin can decode it into another.
enum PathTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        guard let path = canonical(bytes) else { return }
        try checkShape(path)
        let again = try present(canonical(path.target), "its canonical form is refused")
        try hold(again == path, "its canonical form is another path")
        try checkGateway(path)
    }

    static func canonical(_ bytes: [UInt8]) -> CanonicalPath? {
        allowed { () throws(Refusal) in try CanonicalPath(bytes[...]) }
    }

    static func checkShape(_ path: CanonicalPath) throws(Broken) {
        try hold(path.path.first == UInt8(ascii: "/"), "it does not begin with a slash")
        try hold(path.target.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }, "bytes of no URI")
        // What the laziest and the keenest origin make of it: decoded not at all, once, and twice.
        var text = path.path
        for _ in 0...2 {
            let parts = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            let inner = parts.dropFirst().dropLast()
            try hold(parts.first?.isEmpty == true && inner.allSatisfy { !$0.isEmpty }, "it holds a double slash")
            try hold(!parts.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }, "a dot segment")
            try hold(!text.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: ";") }, "two-faced bytes")
            text = Percent.decode(text)
        }
        try checkSegments(path)
    }

    private static func checkSegments(_ path: CanonicalPath) throws(Broken) {
        var (joined, slash) = ([UInt8](), [UInt8(ascii: "/")])
        for segment in path.segments { joined += slash + segment }
        slash = path.path.last == UInt8(ascii: "/") ? slash : []
        try hold(joined + slash == Percent.decode(path.path), "its segments are another path")
        try hold(path.segments.allSatisfy { !$0.contains(UInt8(ascii: "/")) }, "a segment with a slash")
    }

    private static func checkGateway(_ path: CanonicalPath) throws(Broken) {
        guard path.segments.count > 0 else { return }
        let rest = try present(
            allowed { () throws(Refusal) in try path.droppingFirstSegment() }, "without its first segment it is refused"
        )
        try hold(rest.segments.elementsEqual(path.segments.dropFirst()), "another segment than the first was dropped")
        try hold(rest.query == path.query, "the query got lost")
    }
}
