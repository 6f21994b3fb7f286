internal import Crypto

/// A request's public name, `req_` and 16 letters: seven of time (so that they sort), nine of chance.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(at moment: Moment) {
        var bytes = Array("req_".utf8)
        var rest = moment.microseconds / 1000
        var time: [UInt8] = []
        for _ in 0..<8 {
            time.append(Random.alphabet[Int(rest % 62)])
            rest /= 62
        }
        bytes.append(contentsOf: time.reversed())
        bytes.append(contentsOf: Random.tail())
        text = String(decoding: bytes, as: UTF8.self)
    }

    package var description: String { text }
}

/// Randomness from the system, as text.
package enum Random {
    static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Letters and digits, just under six bits each (a power of two is rejected down to 62).
    package static func letters(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in alphabet[Int.random(in: 0..<62, using: &generator)] }
    }

    /// Eight letters for names that need not be secret: one question to the system instead of eight.
    static func tail() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        var rest = generator.next()
        return (0..<8).map { _ in
            defer { rest /= 62 }
            return alphabet[Int(rest % 62)]
        }
    }

    /// A secret with a prefix and 32 letters (190 bits).
    package static func secret(prefix: String) -> String { prefix + String(decoding: letters(32), as: UTF8.self) }
}

/// A SHA-256 digest. Secrets are stored and compared as digests only.
package struct SecretDigest: Sendable, Hashable {
    package let bytes: [UInt8]

    /// The digest of a secret.
    package init(of secret: some Collection<UInt8>) { bytes = Array(SHA256.hash(data: Array(secret))) }

    package init(of secret: String) { self.init(of: Array(secret.utf8)) }

    /// A stored digest of 32 bytes.
    package init?(stored: [UInt8]) {
        guard stored.count == 32 else { return nil }
        bytes = stored
    }
}
