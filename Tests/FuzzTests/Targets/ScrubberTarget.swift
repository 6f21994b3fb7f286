@testable import Core

/// A credential, and in the next lines what an origin says: whatever way it is cut, no spelling of the credential is left.
enum ScrubberTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(bytes, 2)
        let credential = Array(parts.bytes(0).prefix(64))
        // What replaces a credential could itself spell one that has stars.
        guard credential.count >= 8, credential.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") })
        else { return }
        for scheme in [CredentialScheme.bearer, .basic] {
            let secret = scheme == .basic ? Array(credential.drop { $0 != UInt8(ascii: ":") }.dropFirst()) : credential
            guard secret.count >= 8 else { continue }
            let scrubber = Scrubber(Secret(credential), scheme: scheme)
            for text in [parts.bytes(1)] + said(secret, parts.bytes(1)) { try checkText(text, secret, scrubber) }
        }
    }

    /// What is said, with the secret at a place that the text itself decides.
    private static func said(_ secret: [UInt8], _ text: [UInt8]) -> [[UInt8]] {
        let cut = text.isEmpty ? 0 : Int(text[0]) % (text.count + 1)
        let base64 = Base64.encode(Array(text.prefix(cut)) + secret + text.suffix(from: cut))
        return spellings(secret).map { text.prefix(cut) + $0 + text.suffix(from: cut) } + [base64]
    }

    private static func spellings(_ secret: [UInt8]) -> [[UInt8]] {
        var (percent, json) = ([UInt8](), [UInt8]())
        Percent.encode(secret, to: &percent)
        JSONText.appendEscaped(secret, to: &json)
        return [secret, percent, json]
    }

    private static func checkText(_ text: [UInt8], _ secret: [UInt8], _ scrubber: Scrubber) throws(Broken) {
        var first: [UInt8]?
        let innocent = spellings(secret).allSatisfy { place(of: $0, in: text) == nil }
        for pieces in Pieces.of(text) {
            var scrubber = scrubber
            var out: [UInt8] = []
            for piece in pieces { out += scrubber.pass(Array(piece)) }
            out += scrubber.finish()
            try hold(out == first ?? out, "another cut shows something else")
            first = out
            try hold(out.count == text.count, "it is longer or shorter than before")
            for spelling in spellings(secret) {
                try hold(place(of: spelling, in: out) == nil, "the credential is left")
            }
            let changed = zip(text, out).contains { $0 != $1 && $1 != UInt8(ascii: "*") }
            try hold(!changed, "something else than stars came in")
            if innocent, !text.contains(where: { ASCII.isAlphanumeric($0) }) { try hold(out == text, "it was changed") }
            if let bare = Base64.decode(out[...]) {
                try hold(place(of: secret, in: bare) == nil, "the credential is left in base64")
            }
        }
    }
}
