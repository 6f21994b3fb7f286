internal import Crypto
internal import FoundationEssentials

/// Writes the trust store that every Java reads: JKS, version 2, trusted certificates only.
///
/// Magic, version, count; for each entry a tag, alias, time, kind and bytes; then a keyed SHA-1, which Java checks
/// only when it is given a password. All numbers are big-endian.
enum JavaTrustStore {
    /// What `keytool` expects unless told otherwise. It protects nothing: the store holds public certificates.
    static let password = "changeit"

    private static let magic: UInt32 = 0xfeed_feed
    private static let version: UInt32 = 2
    private static let trustedCertificate: UInt32 = 2

    static func encode(_ certificates: [[UInt8]], created: Date) -> [UInt8] {
        var store: [UInt8] = []
        append(magic, to: &store)
        append(version, to: &store)
        append(UInt32(certificates.count), to: &store)
        for (number, certificate) in certificates.enumerated() {
            append(trustedCertificate, to: &store)
            append("root-\(number)", to: &store)
            append(UInt64(max(0, created.timeIntervalSince1970) * 1000), to: &store)
            append("X.509", to: &store)
            append(UInt32(certificate.count), to: &store)
            store += certificate
        }
        return store + digest(store)
    }

    /// SHA-1 over the password in UTF-16, a fixed phrase of the format, and the store.
    private static func digest(_ store: [UInt8]) -> [UInt8] {
        var hash = Insecure.SHA1()
        hash.update(data: password.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] })
        hash.update(data: Array("Mighty Aphrodite".utf8))
        hash.update(data: store)
        return Array(hash.finalize())
    }

    private static func append(_ number: some FixedWidthInteger, to store: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { store += $0 }
    }

    private static func append(_ text: String, to store: inout [UInt8]) {
        append(UInt16(text.utf8.count), to: &store)
        store += text.utf8
    }
}
