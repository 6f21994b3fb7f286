/// In which ways a vendor may write a credential, so that whoever reads it has it.
enum Spellings {
    /// Those of which every byte is known, whatever stands around them; none twice.
    static func all(_ credential: [UInt8], _ scheme: CredentialScheme) -> [[UInt8]] {
        var secret = credential
        // The user half of Basic (Twilio's SID) is public; the password is the secret.
        if scheme == .basic, let colon = credential.firstIndex(of: UInt8(ascii: ":")) {
            secret = Array(credential[(colon + 1)...])
        }
        var all = [secret] + base64(secret) + json(secret) + percent(secret) + html(secret) + hex(secret)
        if scheme == .basic { all += base64(credential) }
        var seen: Set<[UInt8]> = []
        return all.filter { seen.insert($0).inserted }
    }

    /// As every writer must escape it, with `\/` as PHP does, with `\u0026` as Go does, and with more as `\u00XX`.
    private static func json(_ secret: [UInt8]) -> [[UInt8]] {
        var spellings = [
            write(secret, needed), write(secret) { $0 == slash ? [UInt8(ascii: "\\"), slash] : needed($0) },
        ]
        for digits in [lower, upper] {
            let unit = { (byte: UInt8) in Array("\\u00".utf8) + pair(byte, digits) }
            spellings.append(write(secret) { "<>&'".utf8.contains($0) ? unit($0) : needed($0) })
            spellings.append(write(secret) { ASCII.isAlphanumeric($0) ? [$0] : unit($0) })
            spellings.append(write(secret, unit))
        }
        return spellings
    }

    private static func needed(_ byte: UInt8) -> [UInt8] {
        var escaped: [UInt8] = []
        JSONText.appendEscaped(CollectionOfOne(byte), to: &escaped)
        return escaped
    }

    /// Everything that is reserved, the same without `/`, and every byte.
    private static func percent(_ secret: [UInt8]) -> [[UInt8]] {
        [lower, upper].flatMap { digits in
            let escape = { (byte: UInt8) in [UInt8(ascii: "%")] + pair(byte, digits) }
            return [
                write(secret) { Percent.isUnreserved($0) ? [$0] : escape($0) },
                write(secret) { Percent.isUnreserved($0) || $0 == slash ? [$0] : escape($0) },
                write(secret, escape),
            ]
        }
    }

    /// What must be escaped by name, and references for all but letters and digits, or for every byte.
    private static func html(_ secret: [UInt8]) -> [[UInt8]] {
        let named = [
            UInt8(ascii: "\""): "&quot;", UInt8(ascii: "&"): "&amp;", UInt8(ascii: "<"): "&lt;",
            UInt8(ascii: ">"): "&gt;",
        ]
        let apostrophes = ["'", "&#39;", "&#x27;", "&apos;"]
        let references: [(UInt8) -> [UInt8]] = [
            { Array("&#\($0);".utf8) }, { Array("&#x".utf8) + pair($0, lower) + [UInt8(ascii: ";")] },
            { Array("&#x".utf8) + pair($0, upper) + [UInt8(ascii: ";")] },
        ]
        var spellings = apostrophes.map { apostrophe in
            let named = named.merging([UInt8(ascii: "'"): apostrophe]) { $1 }
            return write(secret) { byte in named[byte].map { Array($0.utf8) } ?? [byte] }
        }
        for reference in references {
            spellings.append(write(secret) { ASCII.isAlphanumeric($0) ? [$0] : reference($0) })
            spellings.append(write(secret, reference))
        }
        return spellings
    }

    private static func hex(_ secret: [UInt8]) -> [[UInt8]] {
        [lower, upper].map { digits in write(secret) { pair($0, digits) } }
    }

    /// Both alphabets, at each of the three alignments.
    private static func base64(_ secret: [UInt8]) -> [[UInt8]] {
        (0..<3).flatMap { shift in
            let letters = base64(secret, shift)
            return [letters, letters.map { urlSafe[$0] ?? $0 }]
        }
    }

    /// The letters of `secret`'s base64 that do not depend on what stands before and after it.
    private static func base64(_ secret: [UInt8], _ shift: Int) -> [UInt8] {
        let padded = [UInt8](repeating: 0, count: shift) + secret
        let letters = Base64.encode(padded).prefix { $0 != UInt8(ascii: "=") }
        let sure = padded.count * 8 / 6
        return Array(letters.prefix(sure).dropFirst((shift * 8 + 5) / 6))
    }

    /// What base64 writes otherwise in URLs (RFC 4648, section 5).
    private static let urlSafe: [UInt8: UInt8] = [
        UInt8(ascii: "+"): UInt8(ascii: "-"), UInt8(ascii: "/"): UInt8(ascii: "_"),
    ]

    private static func write(_ secret: [UInt8], _ spell: (UInt8) -> [UInt8]) -> [UInt8] { secret.flatMap(spell) }

    private static func pair(_ byte: UInt8, _ digits: [UInt8]) -> [UInt8] {
        [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private static let slash = UInt8(ascii: "/")
    private static let lower = Array("0123456789abcdef".utf8)
    private static let upper = Array("0123456789ABCDEF".utf8)
}
