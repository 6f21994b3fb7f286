internal import Crypto
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The two kinds of certificate that we make, and nothing but their contents.
enum Minting {
    /// A CA lives for 825 days: long enough that agents' bundles seldom change under them, and the bound that
    /// the strictest platforms set for certificates of a private authority.
    static let authorityLifetime: TimeInterval = 825 * 86_400
    /// From `notBefore` to `notAfter`.
    static let leafLifetime: TimeInterval = 24 * 3_600
    /// How far `notBefore` lies in the past, for clients whose clock is a little slow.
    static let backdating: TimeInterval = 300

    /// A self-signed CA that can sign leaves and nothing below them.
    static func authority(name: String, key: P256.Signing.PrivateKey, now: Date) throws -> Certificate {
        let subject = try DistinguishedName { CommonName(name) }
        let publicKey = Certificate.PublicKey(key.publicKey)
        let identifier = SubjectKeyIdentifier(hash: publicKey)
        return try Certificate(
            version: .v3,
            serialNumber: serial(),
            publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-backdating),
            notValidAfter: now.addingTimeInterval(authorityLifetime),
            issuer: subject,
            subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                identifier
                AuthorityKeyIdentifier(keyIdentifier: identifier.keyIdentifier)
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
    }

    /// A server certificate for `names`, signed by `issuer`, which it never outlives.
    static func leaf(
        names: [String], publicKey: Certificate.PublicKey, issuer: Certificate, issuerKey: P256.Signing.PrivateKey,
        now: Date
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: serial(),
            publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-backdating),
            notValidAfter: min(now.addingTimeInterval(leafLifetime - backdating), issuer.notValidAfter),
            issuer: issuer.subject,
            subject: subject(of: names),
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names.map(generalName))
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuer.publicKey).keyIdentifier)
            },
            issuerPrivateKey: Certificate.PrivateKey(issuerKey)
        )
    }

    /// 126 random bits in 16 bytes: the highest bit is clear (positive), the next is set (full length).
    static func serial() -> Certificate.SerialNumber {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }
        bytes[0] = bytes[0] & 0x3f | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }

    /// A common name holds 64 characters at most (RFC 5280, appendix A.1); the names that count are in the SAN.
    private static func subject(of names: [String]) throws -> DistinguishedName {
        let name = names.first { $0.utf8.count <= 64 } ?? "Cofferdam leaf"
        return try DistinguishedName { CommonName(name) }
    }

    private static func generalName(_ name: String) -> GeneralName {
        guard let address = address(name) else { return .dnsName(name) }
        return .ipAddress(ASN1OctetString(contentBytes: address[...]))
    }

    /// The bytes of an IP literal, in network order.
    private static func address(_ name: String) -> [UInt8]? {
        for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: length)
            if inet_pton(family, name, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
