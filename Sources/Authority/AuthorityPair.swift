internal import Crypto
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// A CA's certificate and the key that made it: proven to belong together.
struct AuthorityPair {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// A new CA whose common name is `name` and six random hex digits, so that two installations differ.
    static func make(name: String, now: Date) throws(AuthorityError) -> AuthorityPair {
        let key = P256.Signing.PrivateKey()
        let digits = (0..<3).map { _ in Hex.lower(UInt8.random(in: 0 ... .max)) }.joined()
        do {
            let certificate = try Minting.authority(name: "\(name) \(digits)", key: key, now: now)
            return AuthorityPair(certificate: certificate, key: key)
        } catch {
            throw .minting(host: name, reason: "\(error)")
        }
    }

    /// Reads and checks what is stored.
    static func parse(
        certificate: [UInt8], at certificatePath: String, key: [UInt8], at keyPath: String, now: Date
    ) throws(AuthorityError) -> AuthorityPair {
        let pair = AuthorityPair(
            certificate: try parse(certificate: certificate, at: certificatePath), key: try parse(key: key, at: keyPath)
        )
        guard pair.belongsTogether else { throw .mismatch(certificate: certificatePath, key: keyPath) }
        guard pair.mayOnlySignLeaves else {
            throw .malformed(path: certificatePath, reason: "not the certificate of a CA that may sign leaves")
        }
        guard now >= pair.certificate.notValidBefore else {
            throw .notYetValid(path: certificatePath, from: pair.certificate.notValidBefore)
        }
        guard now < pair.certificate.notValidAfter else {
            throw .expired(path: certificatePath, at: pair.certificate.notValidAfter)
        }
        return pair
    }

    private var belongsTogether: Bool {
        let ours = Certificate.PublicKey(key.publicKey)
        return certificate.publicKey == ours && ours.isValidSignature(certificate.signature, for: certificate)
    }

    private var mayOnlySignLeaves: Bool {
        guard let constraints = try? certificate.extensions.basicConstraints,
            let usage = try? certificate.extensions.keyUsage
        else { return false }
        return constraints == .isCertificateAuthority(maxPathLength: 0) && usage.keyCertSign
    }

    private static func parse(certificate: [UInt8], at path: String) throws(AuthorityError) -> Certificate {
        let blocks = PEM.certificates(in: certificate)
        guard blocks.count == 1 else { throw .malformed(path: path, reason: "not one certificate in PEM") }
        do {
            return try Certificate(derEncoded: blocks[0])
        } catch {
            throw .malformed(path: path, reason: "not a certificate")
        }
    }

    /// The parser's own words are left out: they could quote the key.
    private static func parse(key: [UInt8], at path: String) throws(AuthorityError) -> P256.Signing.PrivateKey {
        do {
            return try P256.Signing.PrivateKey(pemRepresentation: String(decoding: key, as: UTF8.self))
        } catch {
            throw .malformed(path: path, reason: "not a P-256 private key in PEM")
        }
    }
}
