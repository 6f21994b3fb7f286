import Foundation
import NIOSSL
import SwiftASN1
import Testing
import X509

@testable import Authority

@Suite struct `A leaf` {
    let clock = TestClock()
    let authority: LocalAuthority

    init() throws {
        authority = try LocalAuthority.temporary(capacity: 4, clock: clock.read)
    }

    @Test func `is made once for a name`() throws {
        #expect(try authority.leaf(for: "api.stripe.com") === authority.leaf(for: "api.stripe.com"))
        #expect(try authority.leaf(for: "api.stripe.com") !== authority.leaf(for: "files.stripe.com"))
    }

    @Test func `is renewed long before it ends`() throws {
        let first = try authority.leaf(for: "api.stripe.com")
        clock.advance(12 * 3_600 - 1)
        #expect(try authority.leaf(for: "api.stripe.com") === first)
        clock.advance(1)
        #expect(try authority.leaf(for: "api.stripe.com") !== first)
    }

    @Test func `that was not used for the longest time makes room for a new one`() throws {
        let kept = try authority.leaf(for: "kept")
        let gone = try authority.leaf(for: "gone")
        for name in ["c", "d"] { _ = try authority.leaf(for: name) }
        #expect(try authority.leaf(for: "kept") === kept)
        _ = try authority.leaf(for: "e")
        #expect(try authority.leaf(for: "kept") === kept)
        #expect(try authority.leaf(for: "gone") !== gone)
    }

    @Test func `is refused when the CA itself has ended`() throws {
        clock.advance(826 * 86_400)
        #expect(throws: AuthorityError.self) { try authority.leaf(for: "api.stripe.com") }
    }

    @Test func `can be had from many threads`() async throws {
        let authority = authority
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for turn in 0..<50 { _ = try authority.leaf(for: "host\((task + turn) % 7)") }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `costs next to nothing the second time`() throws {
        _ = try authority.leaf(for: "api.stripe.com")
        let turns = 20_000
        let time = try ContinuousClock().measure {
            for _ in 0..<turns { _ = try authority.leaf(for: "api.stripe.com") }
        }
        // A debug build on a busy machine takes a few microseconds; minting would take a hundred and more.
        #expect(time / turns < .microseconds(30))
    }
}

@Suite struct `A leaf certificate` {
    let authority: LocalAuthority
    let certificate: Certificate
    let now = Date()

    init() throws {
        authority = try LocalAuthority.temporary()
        certificate = try authority.certificate(for: ["api.stripe.com"], now: now)
    }

    @Test func `lives for a day, and began a little ago`() {
        let life = certificate.notValidAfter.timeIntervalSince(certificate.notValidBefore)
        #expect(life <= 24 * 3_600 && life > 23 * 3_600)
        #expect(certificate.notValidBefore <= now.addingTimeInterval(-60))
    }

    @Test func `never outlives the CA`() throws {
        let late = authority.expiresAt.addingTimeInterval(-600)
        #expect(try authority.certificate(for: ["a"], now: late).notValidAfter == authority.expiresAt)
    }

    @Test func `has a positive serial of full length`() throws {
        let serials = try (0..<200).map { _ in
            Array(try authority.certificate(for: ["a"], now: now).serialNumber.bytes)
        }
        #expect(Set(serials).count == serials.count)
        #expect(serials.allSatisfy { $0.count == 16 && $0[0] < 0x80 && $0[0] >= 0x40 })
    }

    @Test func `is for this name and for servers only`() throws {
        let names = try #require(try certificate.extensions.subjectAlternativeNames)
        #expect(Array(names) == [.dnsName("api.stripe.com")])
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
        #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
    }

    @Test func `takes an address for an address`() throws {
        let certificate = try authority.certificate(for: ["127.0.0.1", "::1"], now: now)
        let names = try #require(try certificate.extensions.subjectAlternativeNames)
        #expect(
            Array(names) == [
                .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                .ipAddress(ASN1OctetString(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
            ])
    }

    @Test func `takes a name too long for a common name`() throws {
        let name = "\(String(repeating: "a", count: 60)).\(String(repeating: "b", count: 60)).example"
        let certificate = try authority.certificate(for: [name], now: now)
        #expect("\(certificate.subject)" == "CN=Cofferdam leaf")
        #expect(Array(try #require(try certificate.extensions.subjectAlternativeNames)) == [.dnsName(name)])
    }
}

@Suite struct `OpenSSL` {
    let folder: Folder
    let authority: LocalAuthority

    init() throws {
        folder = try Folder()
        authority = try LocalAuthority.temporary()
    }

    @Test(arguments: ["api.stripe.com", "127.0.0.1"])
    func `verifies a leaf with its strictest rules`(name: String) throws {
        let ca = try folder.write(authority.certificatePEM, "ca.pem")
        let leaf = try folder.write(PEM.encode(authority.certificate(for: [name], now: Date()).der()), "leaf.pem")
        let check = name == "127.0.0.1" ? "-verify_ip" : "-verify_hostname"
        let ran = try run(
            "openssl", "verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslserver", check, name, "-CAfile", ca,
            leaf)
        guard let ran else { return }
        #expect(ran.status == 0, "\(ran.output)")
    }

    @Test func `refuses a leaf for another name`() throws {
        let ca = try folder.write(authority.certificatePEM, "ca.pem")
        let leaf = try folder.write(
            PEM.encode(authority.certificate(for: ["a.example"], now: Date()).der()), "leaf.pem")
        let ran = try run("openssl", "verify", "-verify_hostname", "b.example", "-CAfile", ca, leaf)
        #expect(ran?.status != 0)
    }

    @Test func `sees the fields of a CA`() throws {
        let ca = try folder.write(authority.certificatePEM, "ca.pem")
        guard let ran = try run("openssl", "x509", "-in", ca, "-noout", "-text", "-fingerprint", "-sha256") else {
            return
        }
        #expect(ran.output.contains("X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0"))
        #expect(ran.output.contains("X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign"))
        #expect(ran.output.contains("X509v3 Subject Key Identifier"))
        #expect(ran.output.contains("ASN1 OID: prime256v1"))
        #expect(ran.output.contains(authority.fingerprintSHA256))
    }
}
