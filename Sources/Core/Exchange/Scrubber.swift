/// Keeps a credential out of what goes back to the agent, in each of its spellings, across any cut.
///
/// Only a tail that could begin a secret is withheld, so streams do not stall; what is replaced keeps its length.
package struct Scrubber: Sendable {
    private let needles: [Needle]
    private let longest: Int
    private var tail: [UInt8] = []

    /// Shorter secrets would blot out innocent text.
    private static let shortest = 8

    package init(_ credential: Secret, scheme: CredentialScheme) {
        needles = Self.spellings(credential.reveal(), scheme).map(Needle.init)
        longest = needles.map(\.bytes.count).max() ?? 0
    }

    /// A scrubber that lets everything through.
    package init() { (needles, longest) = ([], 0) }

    /// What may go on now; the rest waits for the next piece or `finish`.
    package mutating func pass(_ bytes: [UInt8]) -> [UInt8] {
        guard longest > 0 else { return bytes }
        var window = tail.isEmpty ? bytes : tail + bytes
        blot(&window)
        let keep = withheld(window)
        tail = keep == 0 ? [] : Array(window.suffix(keep))
        if keep > 0 { window.removeLast(keep) }
        return window
    }

    /// What was withheld when nothing follows: it did not become a secret.
    package mutating func finish() -> [UInt8] {
        defer { tail = [] }
        return tail
    }

    /// Fields and trailers come whole; a name can hold a secret as well as a value.
    package func clean(_ fields: Fields) -> Fields {
        guard longest > 0, needles.contains(where: { $0.occurs(in: fields.storage) }) else { return fields }
        var clean = Fields()
        for index in 0..<fields.count { clean.append(self.clean(fields.name(index)), self.clean(fields.value(index))) }
        return clean
    }

    /// A reason phrase.
    package func clean(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var clean = Array(bytes)
        blot(&clean)
        return clean
    }

    private func blot(_ bytes: inout [UInt8]) {
        for needle in needles { needle.blot(&bytes) }
    }

    /// The length of the longest tail that begins a needle without finishing it.
    private func withheld(_ window: [UInt8]) -> Int {
        for length in stride(from: min(longest - 1, window.count), to: 0, by: -1) {
            let start = window.count - length
            let begins = needles.contains { needle in
                needle.bytes.count > length && needle.bytes[0] == window[start]
                    && needle.bytes.prefix(length).elementsEqual(window[start...])
            }
            if begins { return length }
        }
        return 0
    }

    /// Raw, base64 (both alphabets, at each of its three alignments), percent-encoded and JSON-escaped.
    private static func spellings(_ credential: [UInt8], _ scheme: CredentialScheme) -> [[UInt8]] {
        var secrets = [credential]
        // The user half of Basic (Twilio's SID) is public; the password is the secret.
        if scheme == .basic, let colon = credential.firstIndex(of: UInt8(ascii: ":")) {
            secrets = [Array(credential[(colon + 1)...])]
        }
        var spellings: [[UInt8]] = secrets
        for secret in secrets + (scheme == .basic ? [credential] : []) {
            for shift in 0..<3 {
                let letters = base64(secret, shift)
                spellings += [letters, letters.map { urlSafe[$0] ?? $0 }]
            }
        }
        for secret in secrets {
            var percent: [UInt8] = []
            Percent.encode(secret, to: &percent)
            var json: [UInt8] = []
            JSONText.appendEscaped(secret, to: &json)
            spellings += [percent, lowerEscapes(percent), json]
        }
        var seen: Set<[UInt8]> = []
        return spellings.filter { $0.count >= shortest && seen.insert($0).inserted }
    }

    /// `%2f` for `%2F`.
    private static func lowerEscapes(_ percent: [UInt8]) -> [UInt8] {
        percent.indices.map { index in
            let escaped = percent[max(0, index - 2)..<index].contains(UInt8(ascii: "%"))
            return escaped ? ASCII.lower(percent[index]) : percent[index]
        }
    }

    /// What base64 writes otherwise in URLs (RFC 4648, section 5).
    private static let urlSafe: [UInt8: UInt8] = [
        UInt8(ascii: "+"): UInt8(ascii: "-"), UInt8(ascii: "/"): UInt8(ascii: "_"),
    ]

    /// The letters of `secret`'s base64 that do not depend on what stands before and after it.
    private static func base64(_ secret: [UInt8], _ shift: Int) -> [UInt8] {
        let padded = [UInt8](repeating: 0, count: shift) + secret
        let letters = Base64.encode(padded).prefix { $0 != UInt8(ascii: "=") }
        let sure = padded.count * 8 / 6
        return Array(letters.prefix(sure).dropFirst((shift * 8 + 5) / 6))
    }
}

/// One spelling of a secret, searched for with Horspool's algorithm: megabytes of other text cost little.
private struct Needle: Sendable {
    let bytes: [UInt8]
    /// How far the window may move when this byte stands under the needle's last.
    private let shifts: [Int]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var shifts = [Int](repeating: bytes.count, count: 256)
        for (index, byte) in bytes.dropLast().enumerated() { shifts[Int(byte)] = bytes.count - 1 - index }
        self.shifts = shifts
    }

    func occurs(in text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { first(in: $0, from: 0) != nil } }

    /// Overwrites every occurrence with stars.
    func blot(_ text: inout [UInt8]) {
        guard var start = text.withUnsafeBufferPointer({ first(in: $0, from: 0) }) else { return }
        text.withUnsafeMutableBufferPointer { text in
            while true {
                for index in start..<(start + bytes.count) { text[index] = UInt8(ascii: "*") }
                guard let next = first(in: UnsafeBufferPointer(text), from: start + bytes.count) else { return }
                start = next
            }
        }
    }

    /// Where the next occurrence begins, from `start` on.
    private func first(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let last = bytes.count - 1
        guard last >= 0 else { return nil }
        var at = start + last
        while at < text.count {
            if text[at] == bytes[last], (0..<last).allSatisfy({ text[at - last + $0] == bytes[$0] }) {
                return at - last
            }
            at += shifts[Int(text[at])]
        }
        return nil
    }
}
