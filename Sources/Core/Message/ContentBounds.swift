/// How much a request's content may hold for it to be judged: whoever reads it holds up all that share the thread.
struct ContentBounds: Sendable {
    /// Pairs of a form, or members and elements of JSON, in all.
    var parts: Int
    /// Bytes of all names as a form has them, `a[b][0]`: what is nested repeats the names of what it is nested in.
    var names: Int

    static let judged = ContentBounds(parts: 10_000, names: 4 << 20)
    static let none = ContentBounds(parts: .max, names: .max)

    /// What an element's index adds to its name, about.
    static let indexLength = 8

    /// Counts one part; false when it is one too many.
    mutating func take(name length: Int) -> Bool {
        parts -= 1
        names -= length
        return parts >= 0 && names >= 0
    }
}
