internal import Crypto
package import FoundationEssentials
internal import NIOConcurrencyHelpers
package import NIOSSL
internal import SwiftASN1
internal import X509

/// The CA of this installation, and the server certificates that it signs for names the caller has checked.
package final class LocalAuthority: Sendable {
    /// The CA's own certificate.
    package let certificatePEM: String
    /// SHA-256 of the certificate in DER, as `AB:CD:…`.
    package let fingerprintSHA256: String
    /// What is accepted but should be repaired, each with the line that does it.
    package let advice: [String]

    let pair: AuthorityPair
    let certificateDER: [UInt8]
    private let path: String
    private let leafKey: P256.Signing.PrivateKey
    private let leafKeyForTLS: NIOSSLPrivateKey
    private let leaves: NIOLockedValueBox<LeafCache>
    private let clock: @Sendable () -> Date

    /// Takes the CA of a state directory (`ca.pem`, `ca.key`), or makes one at first use.
    /// - Parameters:
    ///   - directory: made with mode 0700 if it is missing.
    ///   - name: the beginning of the CA's common name; six random hex digits follow it.
    ///   - capacity: how many leaves are kept.
    ///   - clock: what time it is.
    /// - Returns: the CA, ready to sign.
    /// - Throws: whatever puts the CA in doubt; nothing is repaired or replaced behind the operator's back.
    package static func open(
        directory: String, name: String = "Cofferdam local CA", capacity: Int = 1024,
        clock: @escaping @Sendable () -> Date = { Date() }
    ) throws(AuthorityError) -> LocalAuthority {
        let store = AuthorityStore(directory: directory)
        let (pair, advice) = try store.open(name: name, now: clock())
        return try LocalAuthority(
            pair: pair, path: store.certificatePath, advice: advice, capacity: capacity, clock: clock)
    }

    /// A CA that lives in memory and ends with the process, for demonstrations and tests.
    package static func temporary(
        name: String = "Cofferdam throw-away CA", capacity: Int = 1024,
        clock: @escaping @Sendable () -> Date = { Date() }
    ) throws(AuthorityError) -> LocalAuthority {
        let pair = try AuthorityPair.make(name: name, now: clock())
        return try LocalAuthority(pair: pair, path: "temporary CA", advice: [], capacity: capacity, clock: clock)
    }

    private init(
        pair: AuthorityPair, path: String, advice: [String], capacity: Int, clock: @escaping @Sendable () -> Date
    ) throws(AuthorityError) {
        self.pair = pair
        self.path = path
        self.advice = advice
        self.clock = clock
        leaves = NIOLockedValueBox(LeafCache(capacity: capacity))
        leafKey = P256.Signing.PrivateKey()
        do {
            leafKeyForTLS = try NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der)
            certificateDER = try pair.certificate.der()
        } catch {
            throw .minting(host: path, reason: "\(error)")
        }
        certificatePEM = PEM.encode(certificateDER)
        fingerprintSHA256 = Self.fingerprint(certificateDER)
    }

    /// When the CA itself ends; no leaf outlives it.
    package var expiresAt: Date { pair.certificate.notValidAfter }

    /// The server context for one name: the host of a CONNECT or a virtual host, never an SNI.
    ///
    /// Cached, and made anew when half of its life is over. Safe from any thread; a hit takes one short lock.
    /// - Parameter host: a name (or address) that the caller has already checked, in lower case.
    /// - Returns: TLS 1.2 and up, ALPN http/1.1 only.
    /// - Throws: `.expired` when the CA's own time is over; `.minting`.
    package func leaf(for host: String) throws(AuthorityError) -> NIOSSLContext {
        let now = clock()
        if let context = leaves.withLockedValue({ $0.context(for: host, at: now) }) { return context }
        // Made outside of the lock: two threads may both make one, which costs less than waiting for each other.
        let leaf = try mint([host], now)
        leaves.withLockedValue { $0.insert(leaf, for: host) }
        return leaf.context
    }

    /// One server context for several names, not cached.
    package func leaf(forNames names: [String]) throws(AuthorityError) -> NIOSSLContext {
        try mint(names, clock()).context
    }

    private func mint(_ names: [String], _ now: Date) throws(AuthorityError) -> Leaf {
        guard now < expiresAt else { throw .expired(path: path, at: expiresAt) }
        do {
            let context = try NIOSSLContext(configuration: server(certificate(for: names, now: now).der()))
            return Leaf(context: context, renewAt: now.addingTimeInterval(Minting.leafLifetime / 2))
        } catch {
            throw .minting(host: names.joined(separator: ", "), reason: "\(error)")
        }
    }

    func certificate(for names: [String], now: Date) throws -> Certificate {
        try Minting.leaf(
            names: names, publicKey: Certificate.PublicKey(leafKey.publicKey), issuer: pair.certificate,
            issuerKey: pair.key, now: now)
    }

    private func server(_ certificate: [UInt8]) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: certificate, format: .der))],
            privateKey: .privateKey(leafKeyForTLS))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private static func fingerprint(_ der: [UInt8]) -> String {
        SHA256.hash(data: der).map { Hex.upper($0) }.joined(separator: ":")
    }
}

extension Certificate {
    /// The certificate's bytes.
    func der() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}
