import FoundationEssentials

/// Writes the trust store that every Java reads: JKS, version 2, trusted certificates only.
///
/// PEM and PKCS #12 are no choice: the first is not read, the second not without a password. Java checks the digest
/// at the end only when it is given a password, but `keytool` asks for one, so it is a true one.
enum JavaTrustStore {
    /// What `keytool` expects unless told otherwise. It protects nothing: the certificates are public.
    static let password = "changeit"

    private static let trustedCertificate: UInt32 = 2

    /// The store of certificates in DER. Times are zero, so that the same certificates give the same bytes.
    static func encode(_ certificates: [Data]) -> Data {
        var store: [UInt8] = []
        append(UInt32(0xfeed_feed), to: &store)
        append(UInt32(2), to: &store)
        append(UInt32(certificates.count), to: &store)
        for (number, certificate) in certificates.enumerated() {
            append(trustedCertificate, to: &store)
            append("root-\(number)", to: &store)
            append(UInt64(0), to: &store)
            append("X.509", to: &store)
            append(UInt32(certificate.count), to: &store)
            store += certificate
        }
        let key = password.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        return Data(store + SHA1.digest(key + Array("Mighty Aphrodite".utf8) + store))
    }

    private static func append(_ number: some FixedWidthInteger, to store: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { store += $0 }
    }

    /// Only ASCII is written, which Java's modified UTF-8 leaves as it is.
    private static func append(_ text: String, to store: inout [UInt8]) {
        append(UInt16(text.utf8.count), to: &store)
        store += text.utf8
    }
}

/// SHA-1 (FIPS 180-4), for a format that has nothing newer. It guards nothing here.
enum SHA1 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        let padded = pad(message)
        for start in stride(from: 0, to: padded.count, by: 64) { compress(&state, padded[start..<start + 64]) }
        return state.flatMap { word in stride(from: 24, through: 0, by: -8).map { UInt8(word >> $0 & 0xff) } }
    }

    private static func pad(_ message: [UInt8]) -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: (119 - message.count % 64) % 64)
        let length = UInt64(message.count) * 8
        return message + [0x80] + zeros + stride(from: 56, through: 0, by: -8).map { UInt8(length >> $0 & 0xff) }
    }

    private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { at in
            block[at..<at + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for at in 16..<80 { words.append(rotate(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1)) }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for at in 0..<80 {
            let (mix, constant) = round(at, b, c, d)
            let next = rotate(a, 5) &+ mix &+ e &+ constant &+ words[at]
            (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
        }
        for (at, word) in [a, b, c, d, e].enumerated() { state[at] &+= word }
    }

    private static func round(_ at: Int, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> (mix: UInt32, constant: UInt32) {
        switch at {
        case 0..<20: (b & c | ~b & d, 0x5a82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
        case 40..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
        default: (b ^ c ^ d, 0xca62_c1d6)
        }
    }

    private static func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 { word << by | word >> (32 - by) }
}
