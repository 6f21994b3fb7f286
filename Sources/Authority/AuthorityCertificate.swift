internal import Crypto
package import FoundationEssentials
internal import SwiftASN1
internal import X509

/// The CA's certificate alone, for whoever only shows it: its key is not touched, and nothing is made.
package struct AuthorityCertificate: Sendable {
    package let path: String
    package let pem: String
    /// SHA-256 of the certificate in DER, as `AB:CD:…`.
    package let fingerprintSHA256: String
    package let expiresAt: Date

    /// Reads `ca.pem` of a state directory.
    /// - Throws: `.io` when it is missing or can't be read; `.malformed`.
    package static func read(directory: String) throws(AuthorityError) -> AuthorityCertificate {
        let path = AuthorityStore(directory: directory).certificatePath
        let blocks = PEM.certificates(in: try POSIXFile.read(path).bytes)
        guard blocks.count == 1, let der = blocks.first, let certificate = try? Certificate(derEncoded: der) else {
            throw .malformed(path: path, reason: "not one certificate in PEM")
        }
        let digest = SHA256.hash(data: der).map { Hex.upper($0) }.joined(separator: ":")
        return AuthorityCertificate(
            path: path, pem: PEM.encode(der), fingerprintSHA256: digest, expiresAt: certificate.notValidAfter)
    }
}
