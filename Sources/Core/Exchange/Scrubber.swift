/// Keeps a credential out of what goes back to the agent, in each of its spellings, across any cut.
///
/// Only a tail that could begin a secret is withheld, so streams do not stall; what is replaced keeps its length.
package struct Scrubber: Sendable {
    /// nil lets everything through.
    private let search: NeedleSearch?
    /// As it came, and as it goes on: it may begin with the end of a secret.
    private var (tail, cleanTail): ([UInt8], [UInt8]) = ([], [])

    /// Shorter secrets would blot out innocent text.
    private static let shortest = 8

    package init(_ credential: Secret, scheme: CredentialScheme) {
        search = NeedleSearch(Spellings.all(credential.reveal(), scheme).filter { $0.count >= Self.shortest })
    }

    /// A scrubber that lets everything through.
    package init() { search = nil }

    /// What may go on now; the rest waits for the next piece or `finish`.
    package mutating func pass(_ bytes: [UInt8]) -> [UInt8] {
        guard let search else { return bytes }
        let window = tail.isEmpty ? bytes : tail + bytes
        var clean = tail.isEmpty ? bytes : cleanTail + bytes
        let keep = search.begun(at: window)
        // What begins in the tail may become more, or something else.
        search.blot(&clean, as: window, before: window.count - keep)
        (tail, cleanTail) = keep == 0 ? ([], []) : (Array(window.suffix(keep)), Array(clean.suffix(keep)))
        if keep > 0 { clean.removeLast(keep) }
        return clean
    }

    /// What was withheld when nothing follows: it did not become a whole secret.
    package mutating func finish() -> [UInt8] {
        defer { (tail, cleanTail) = ([], []) }
        search?.blot(&cleanTail, as: tail, before: tail.count)
        return cleanTail
    }

    /// Fields and trailers come whole; a name can hold a secret as well as a value.
    package func clean(_ fields: Fields) -> Fields {
        guard let search, search.occurs(in: fields.storage) else { return fields }
        var clean = Fields()
        for index in 0..<fields.count { clean.append(self.clean(fields.name(index)), self.clean(fields.value(index))) }
        return clean
    }

    /// A reason phrase.
    package func clean(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var clean = Array(bytes)
        search?.blot(&clean)
        return clean
    }
}
