/// A request as the listener hands it over.
package struct Arrival: Sendable {
    package enum Way: Sendable {
        /// Inside an intercepted tunnel to this vendor name; the credential is the CONNECT's.
        case tunnel(host: String, ProxyCredential?, runID: String?)
        /// On the listener itself: absolute-form, or the gateway.
        case listener
    }

    package var head: RequestHead
    package var way: Way
    /// The run whose own listener it came to (`listen.runs`): it needs no secret there.
    package var owner: String?
    /// The event loop that serves it.
    package var lane: Int

    package init(head: RequestHead, way: Way, lane: Int, owner: String? = nil) {
        (self.head, self.way, self.lane, self.owner) = (head, way, lane, owner)
    }

    /// Without what is meant for us alone. It goes before anything is judged: a field that `Connection` names does not
    /// reach the vendor, so it may count for nothing here either.
    var endToEnd: Arrival {
        var arrival = self
        HopByHop.remove(from: &arrival.head.fields)
        return arrival
    }

    /// Whether `Connection` takes fields away.
    var isCut: Bool { !HopByHop.named(by: head.fields).isEmpty }
}

/// What a proxy client showed: a name, and the digest of its secret.
package struct ProxyCredential: Sendable, Equatable {
    package var user: String
    package var digest: SecretDigest

    /// Reads a `Proxy-Authorization` value (Basic, RFC 7617); nil when it is something else.
    package init?(_ value: ArraySlice<UInt8>?) {
        guard let value, let (user, password) = BasicCredential.read(value) else { return nil }
        self.user = user
        digest = SecretDigest(of: password)
    }
}

/// Basic credentials.
package enum BasicCredential {
    /// `Basic base64(user:password)` as user and password, or nil.
    package static func read(_ value: ArraySlice<UInt8>) -> (String, [UInt8])? {
        guard value.count > 6, ASCII.equal(value.prefix(6), "basic ") else { return nil }
        let text = ASCII.trimmed(value.dropFirst(6))
        guard let decoded = Base64.decode(text), let colon = border(decoded) else { return nil }
        return (String(bytes: decoded[..<colon]), Array(decoded[(colon + 1)...]))
    }

    /// The first colon ends the user (RFC 7617). Run IDs may have colons, run secrets have none: there it is the last.
    private static func border(_ decoded: [UInt8]) -> Int? {
        let last = decoded.lastIndex(of: UInt8(ascii: ":"))
        if let last, decoded[(last + 1)...].starts(with: Run.secretPrefix.utf8) { return last }
        return decoded.firstIndex(of: UInt8(ascii: ":"))
    }
}

/// Base64 (RFC 4648, section 4), padded.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = (0..<256).map { byte in
        UInt8(alphabet.firstIndex(of: UInt8(byte)) ?? 255)
    }

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let piece = bytes[start..<min(start + 3, bytes.count)]
            let bits = piece.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(16 - 8 * $1.offset) }
            for index in 0..<4 {
                text.append(
                    index <= piece.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return text
    }

    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var digits = text
        while digits.last == UInt8(ascii: "="), text.count - digits.count < 2 { digits.removeLast() }
        guard digits.count % 4 != 1 else { return nil }
        var (bytes, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for digit in digits {
            let value = values[Int(digit)]
            guard value != 255 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
