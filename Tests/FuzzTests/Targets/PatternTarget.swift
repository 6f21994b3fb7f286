@testable import Core

/// An endpoint pattern, and in the second line a path: it prints as itself, and matches the paths that it is made of.
enum PatternTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(bytes, 2)
        guard let text = parts.text(0) else { return }
        for exact in [false, true] {
            guard let pattern = try? EndpointPattern(text, exact: exact) else { continue }
            try checkText(pattern, exact)
            try checkOwnPath(pattern)
            if let path = PathTarget.canonical(parts.bytes(1)) { try checkMatch(pattern, path) }
        }
    }

    private static func checkText(_ pattern: EndpointPattern, _ exact: Bool) throws(Broken) {
        let again = try? EndpointPattern(pattern.text)
        try hold(again == pattern, "read again, \(pattern.text) is another pattern")
        try hold(!exact || !pattern.open, "an operation's pattern has an open end")
    }

    private static func checkOwnPath(_ pattern: EndpointPattern) throws(Broken) {
        var text: [UInt8] = []
        for segment in pattern.segments {
            text.append(UInt8(ascii: "/"))
            if case .literal(let bytes) = segment { Percent.encode(bytes, to: &text) } else { text += "x1".utf8 }
        }
        if pattern.open { text += "/more/than/one".utf8 }
        guard let path = PathTarget.canonical(text), path.segments.count >= pattern.segments.count else { return }
        try hold(matches(pattern, path), "\(pattern.text) does not match \(path.text)")
    }

    /// The rules for matching, said once more and slowly.
    private static func checkMatch(_ pattern: EndpointPattern, _ path: CanonicalPath) throws(Broken) {
        let (own, theirs) = (pattern.segments, path.segments)
        var fits = pattern.open ? theirs.count > own.count : theirs.count == own.count
        for (index, segment) in own.enumerated() where fits {
            if case .literal(let bytes) = segment { fits = Array(theirs[index]) == bytes }
        }
        try hold(matches(pattern, path) == fits, "\(pattern.text) and \(path.text): expected \(fits)")
    }

    private static func matches(_ pattern: EndpointPattern, _ path: CanonicalPath) -> Bool {
        var vendor = Vendor(name: "any")
        vendor.hosts = [pattern.host ?? "api.any.example"]
        let method = Method.allCases.first { pattern.methods?.contains($0) ?? true } ?? .get
        let target = Target(vendor: vendor, host: vendor.primaryHost, method: method, path: path, way: .intercept)
        return pattern.matches(target)
    }
}
