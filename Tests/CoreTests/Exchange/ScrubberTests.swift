import Foundation
import Testing

@testable import Core

@Suite struct `A scrubbed answer` {
    private static let secret = "sk_live_a/b+c=d\"e~f?g>h&i<j-k/l"
    private static let pair = "AC123:topsecret/pass+word"

    /// Written out by hand, so that they do not rest on what they test.
    private static func spellings(_ secret: String) -> [[UInt8]] {
        func write(_ spell: (Character, String) -> String?) -> [UInt8] {
            Array(secret.map { spell($0, String(format: "%02x", $0.asciiValue ?? 0)) ?? String($0) }.joined().utf8)
        }
        func isPlain(_ letter: Character) -> Bool { letter.isLetter || letter.isNumber }
        func isUnreserved(_ letter: Character) -> Bool { isPlain(letter) || "-._~".contains(letter) }
        var all = [Array(secret.utf8), write { _, hex in hex }, write { _, hex in hex.uppercased() }]
        let named: [Character: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"]
        let quoted: [Character: String] = ["\"": "\\\""]
        all += [
            write { letter, _ in quoted[letter] },
            write { letter, _ in letter == "/" ? "\\/" : quoted[letter] },
            write { letter, hex in "<>&".contains(letter) ? "\\u00\(hex)" : quoted[letter] },
            write { letter, _ in named[letter] },
            write { letter, _ in isPlain(letter) ? nil : "&#\(letter.asciiValue ?? 0);" },
            write { letter, _ in "&#\(letter.asciiValue ?? 0);" },
        ]
        for isUpper in [false, true] {
            func cased(_ hex: String) -> String { isUpper ? hex.uppercased() : hex }
            all += [
                write { letter, hex in isPlain(letter) ? nil : "\\u00" + cased(hex) },
                write { _, hex in "\\u00" + cased(hex) },
                write { letter, hex in isUnreserved(letter) ? nil : "%" + cased(hex) },
                write { letter, hex in isUnreserved(letter) || letter == "/" ? nil : "%" + cased(hex) },
                write { _, hex in "%" + cased(hex) },
                write { letter, hex in isPlain(letter) ? nil : "&#x\(cased(hex));" },
                write { _, hex in "&#x\(cased(hex));" },
            ]
        }
        return all
    }

    private static func base64(_ text: String) -> [[UInt8]] {
        ["", "x", "xy", "xyz"].flatMap { before in
            ["", "1", "22"].map { Base64.encode(Array((before + text + $0).utf8)) }
        }
    }

    private func pass(_ scrubber: Scrubber, _ text: [UInt8], cutting dice: inout Chance) -> [UInt8] {
        var (scrubber, out, at) = (scrubber, [UInt8](), 0)
        while at < text.count {
            let end = min(text.count, at + Int.random(in: 1...7, using: &dice))
            out += scrubber.pass(Array(text[at..<end]))
            at = end
        }
        return out + scrubber.finish()
    }

    @Test(arguments: spellings(secret)) func `holds no spelling of the credential, wherever it is cut`(
        _ spelling: [UInt8]
    ) {
        let scrubber = Scrubber(Secret(Array(Self.secret.utf8)), scheme: .bearer)
        var dice = Chance(8)
        for _ in 0..<200 {
            let before = dice.letters(Int.random(in: 0...9, using: &dice), of: spelling)
            let text = before + spelling + Array("|".utf8) + before + spelling
            let out = pass(scrubber, text, cutting: &dice)
            #expect(out.count == text.count)
            #expect(!contains(out, spelling))
        }
    }

    @Test(arguments: spellings(secret)) func `holds little of a spelling that is cut off, wherever that is`(
        _ spelling: [UInt8]
    ) {
        let scrubber = Scrubber(Secret(Array(Self.secret.utf8)), scheme: .bearer)
        var dice = Chance(11)
        let least = max(16, (spelling.count + 1) / 2)
        for length in least...spelling.count {
            for end in ["", "|", "\u{2026} and more"] {
                let cut = Array("too long: ".utf8) + spelling.prefix(length)
                let out = pass(scrubber, cut + Array(end.utf8), cutting: &dice)
                #expect(out.count == cut.count + end.utf8.count)
                #expect(
                    out.dropFirst(10).prefix(length).allSatisfy { $0 == UInt8(ascii: "*") },
                    "\(length) \(String(bytes: out)) of \(String(bytes: cut))")
                #expect(String(bytes: out.suffix(end.utf8.count)) == end)
            }
        }
    }

    @Test func `holds no base64 of it, wherever it stands in there`() {
        let scrubber = Scrubber(Secret(Array(Self.secret.utf8)), scheme: .bearer)
        var dice = Chance(9)
        for encoded in Self.base64(Self.secret) {
            for form in [encoded, encoded.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }] {
                let out = pass(scrubber, form, cutting: &dice)
                #expect(out.count == form.count)
                #expect(out.filter { $0 != UInt8(ascii: "*") }.count <= 12, "\(String(bytes: out))")
            }
        }
    }

    @Test func `keeps the public half of a Basic credential`() {
        var scrubber = Scrubber(Secret(Array(Self.pair.utf8)), scheme: .basic)
        let out = scrubber.pass(Array("AC123 topsecret/pass+word ".utf8)) + scrubber.finish()
        #expect(String(bytes: out) == "AC123 ******************* ")
        let whole = Base64.encode(Array(Self.pair.utf8))
        #expect(!contains(scrubber.clean(whole), Array(whole[8...])))
    }

    @Test func `is otherwise unchanged, and nothing waits that can't begin the credential`() {
        let secret = Array("aabaacaab".utf8)
        let scrubber = Scrubber(Secret(secret), scheme: .bearer)
        var dice = Chance(10)
        for _ in 0..<3000 {
            let text = dice.letters(20, of: Array("abc".utf8))
            let out = pass(scrubber, text, cutting: &dice)
            if !contains(text, secret) { #expect(out == text) }
            var single = scrubber
            let given = single.pass(text)
            let waiting = Array(text[given.count...])
            #expect(waiting.isEmpty || secret.starts(with: waiting) || begins(waiting))
        }
    }

    /// Whether these bytes begin another spelling of the secret of that test.
    private func begins(_ bytes: [UInt8]) -> Bool {
        ["YWFiYWFjYWFi", "FhYmFhY2FhY", "hYWJhYWNhYW", "FhYmFhY2FhY"].contains { $0.utf8.starts(with: bytes) }
    }

    @Test func `has clean fields, names and values`() {
        let scrubber = Scrubber(Secret(Array("secret-key-1".utf8)), scheme: .bearer)
        let clean = scrubber.clean(Fields([("X-secret-key-1", "a secret-key-1 b"), ("Other", "fine")]))
        #expect(clean == Fields([("X-************", "a ************ b"), ("Other", "fine")]))
    }

    @Test func `is left alone when the credential is too short to be told from other text`() {
        var scrubber = Scrubber(Secret(Array("abc".utf8)), scheme: .bearer)
        #expect(scrubber.pass(Array("abc".utf8)) == Array("abc".utf8))
    }

    private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
