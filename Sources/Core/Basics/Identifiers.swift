internal import Crypto

/// A request's public name, `req_` and 16 letters: eight of time (so that they sort), eight of chance.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(at moment: Moment) {
        text = String(unsafeUninitializedCapacity: 20) { letters in
            _ = letters.update(fromContentsOf: "req_".utf8)
            Random.put(UInt64(max(moment.microseconds, 0)) / 1000, into: letters[4..<12])
            Random.put(Random.name(), into: letters[12..<20])
            return 20
        }
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

    /// A number for names that need not be secret, only never the same twice: one question to the system at the start,
    /// then SplitMix64, which meets each number once.
    static func name() -> UInt64 {
        let state = names.withLockedValue { names in
            names &+= 0x9E37_79B9_7F4A_7C15
            return names
        }
        let first = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        let second = (first ^ (first >> 27)) &* 0x94D0_49BB_1331_11EB
        return second ^ (second >> 31)
    }

    private static let names = Guarded(UInt64.random(in: .min ... .max))

    /// The last letters of a number.
    static func put(_ number: UInt64, into letters: Slice<UnsafeMutableBufferPointer<UInt8>>) {
        var rest = number
        for index in letters.indices.reversed() {
            letters.base[index] = alphabet[Int(rest % 62)]
            rest /= 62
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
