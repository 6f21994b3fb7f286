@testable import Core
@testable import Settings

/// Two patterns and a name, one in a line: matching agrees with its definition, and so does what is said of patterns.
enum GlobTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(Array(bytes.prefix(120)), 3)
        guard let first = parts.text(0), let second = parts.text(1), let name = parts.text(2) else { return }
        let (a, b) = (Glob(first), Glob(second))
        let fits = (matches(Array(first.utf8), Array(name.utf8)), matches(Array(second.utf8), Array(name.utf8)))
        try hold(a.matches(name) == fits.0 && b.matches(name) == fits.1, "\(first) or \(second), and \(name)")
        if fits.0, fits.1 { try hold(a.overlaps(b) && b.overlaps(a), "\(first) and \(second) share \(name)") }
        if a.covers(b), fits.1 { try hold(fits.0, "\(first) covers \(second), but not \(name)") }
        try hold(a.covers(a) && a.overlaps(a), "\(first) is another than itself")
        try checkFieldPattern(first, name, fits.0)
    }

    /// A star stands for any characters, everything else for itself: a table of which ends match which.
    static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var row = [true] + [Bool](repeating: false, count: name.count)
        for symbol in pattern {
            var next = [Bool](repeating: false, count: name.count + 1)
            for end in row.indices {
                if symbol == UInt8(ascii: "*") {
                    next[end] = row[end] || (end > 0 && next[end - 1])
                } else {
                    next[end] = end > 0 && row[end - 1] && name[end - 1] == symbol
                }
            }
            row = next
        }
        return row[name.count]
    }

    /// Patterns of fields read the same stars.
    private static func checkFieldPattern(_ text: String, _ name: String, _ fits: Bool) throws(Broken) {
        guard !text.utf8.contains(UInt8(ascii: "{")), let pattern = FieldPattern(text) else { return }
        let key = VaultKey(
            id: "k", digest: SecretDigest(of: "k"), label: "l", vendor: "v", endpoints: [], caps: Caps(),
            createdAt: Moment(microseconds: 0), expiresAt: Moment(microseconds: 0))
        try hold(pattern.fits(Array(name.utf8), key, runID: nil) == fits, "the field pattern \(text), and \(name)")
    }
}
