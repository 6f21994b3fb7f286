internal import Core

extension Glob {
    /// Whether every name that matches `other` matches this.
    func covers(_ other: Glob) -> Bool {
        // A star of `other` stands for names with any characters, and only a star of ours matches it.
        matches(other.text)
    }

    /// Whether some name matches both.
    func overlaps(_ other: Glob) -> Bool {
        var overlap = Overlap(a: Array(text.utf8), b: Array(other.text.utf8))
        return overlap.from(0, 0)
    }
}

/// Looks for a name that two patterns share; each pair of positions is looked at once.
private struct Overlap {
    let a: [UInt8]
    let b: [UInt8]
    private var known: [Int: Bool] = [:]

    init(a: [UInt8], b: [UInt8]) { (self.a, self.b) = (a, b) }

    mutating func from(_ i: Int, _ j: Int) -> Bool {
        let key = i * (b.count + 1) + j
        if let known = known[key] { return known }
        let result = look(i, j)
        known[key] = result
        return result
    }

    private mutating func look(_ i: Int, _ j: Int) -> Bool {
        let star = UInt8(ascii: "*")
        let (x, y) = (i < a.count ? a[i] : nil, j < b.count ? b[j] : nil)
        if x == nil, y == nil { return true }
        if x == star { return from(i + 1, j) || (y != nil && from(i, j + 1)) }
        if y == star { return from(i, j + 1) || (x != nil && from(i + 1, j)) }
        return x == y && from(i + 1, j + 1)
    }
}

extension Policy {
    /// The labels that its keys can have.
    var labels: Glob {
        let parts = label.split(separator: "{run}", omittingEmptySubsequences: false)
        return Glob(parts.map { $0.replacing("{policy}", with: name) }.joined(separator: runs.text))
    }
}

extension Budget {
    /// Whether it counts some request under the policy.
    func reaches(_ policy: Policy) -> Bool {
        (vendor ?? policy.vendor) == policy.vendor && label?.overlaps(policy.labels) ?? true
    }

    /// Whether it counts every request under the policy.
    func covers(_ policy: Policy) -> Bool {
        (vendor ?? policy.vendor) == policy.vendor && label?.covers(policy.labels) ?? true
            && tags.allSatisfy { name, glob in policy.tags[name].map(glob.matches) ?? false }
    }
}
