import Foundation
import Testing

@testable import Authority

@Suite struct `A trust bundle` {
    let folder: Folder
    let authority: LocalAuthority
    let roots: String
    let company: String

    init() throws {
        folder = try Folder()
        authority = try LocalAuthority.temporary()
        let first = try LocalAuthority.temporary(name: "first").certificatePEM
        let second = try LocalAuthority.temporary(name: "second").certificatePEM
        // As distributions write them: comments between, CRLF here and there, one twice.
        roots = try folder.write(
            "# Prüfstelle\n\(first)\n\(second.replacingOccurrences(of: "\n", with: "\r\n"))# again\n\(first)",
            "roots.crt")
        company = try folder.write(LocalAuthority.temporary(name: "company").certificatePEM, "company.pem")
    }

    @Test func `holds the system's roots and ours, each once`() throws {
        let bundle = try authority.bundle(systemRoots: [folder.file("missing"), roots], extra: [company, roots])
        #expect(bundle.certificates.count == 4)
        #expect(bundle.certificates.last == authority.certificateDER)
        #expect(PEM.certificates(in: Array(bundle.pem.utf8)) == bundle.certificates)
    }

    @Test func `of this machine holds what its own bundle holds`() throws {
        guard let path = TrustBundle.systemRoots.first(where: POSIXFile.exists) else { return }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let bundle = try authority.bundle()
        #expect(bundle.certificates.count == Set(text.components(separatedBy: "BEGIN CERTIFICATE")).count)
    }

    @Test func `is refused where there are no system roots`() throws {
        let empty = try folder.write("no certificates here\n", "empty.crt")
        #expect(throws: AuthorityError.noSystemRoots(tried: [empty, folder.file("missing")])) {
            try authority.bundle(systemRoots: [empty, folder.file("missing")])
        }
    }

    @Test func `holds ours alone only when told so`() throws {
        #expect(try authority.bundle(systemRoots: []).certificates == [authority.certificateDER])
    }

    @Test func `needs every extra file`() throws {
        #expect(throws: AuthorityError.self) {
            try authority.bundle(systemRoots: [roots], extra: [folder.file("missing")])
        }
        #expect(throws: AuthorityError.self) {
            try authority.bundle(systemRoots: [roots], extra: [folder.write("nothing", "empty.pem")])
        }
    }

    @Test func `is written for others to read, over what was there`() throws {
        let path = try folder.write("old", "bundle.pem")
        try setPermissions(0o600, path)
        try authority.bundle(systemRoots: [roots]).write(to: path)
        #expect(try permissions(path) == 0o644)
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix(authority.certificatePEM))
    }

    @Test func `serves OpenSSL`() throws {
        let path = folder.file("bundle.pem")
        try authority.bundle(systemRoots: [roots]).write(to: path)
        let leaf = try folder.write(
            PEM.encode(authority.certificate(for: ["a.example"], now: Date()).der()), "leaf.pem")
        guard let ran = try run("openssl", "verify", "-x509_strict", "-CAfile", path, leaf) else { return }
        #expect(ran.status == 0, "\(ran.output)")
    }
}

@Suite struct `A Java trust store` {
    let folder: Folder
    let authority: LocalAuthority

    init() throws {
        folder = try Folder()
        authority = try LocalAuthority.temporary()
    }

    @Test(arguments: [true, false])
    func `is read by keytool, with its password and without`(withPassword: Bool) throws {
        let path = folder.file("trust.jks")
        try authority.bundle(systemRoots: []).writeJavaTrustStore(to: path)
        var command = ["keytool", "-J-Duser.language=en", "-list", "-v", "-keystore", path]
        if withPassword { command += ["-storepass", JavaTrustStore.password] }
        guard let ran = try run(command) else { return }
        #expect(ran.status == 0, "\(ran.output)")
        #expect(ran.output.contains("Your keystore contains 1 entry"))
        #expect(ran.output.contains("trustedCertEntry"))
        #expect(ran.output.contains(authority.fingerprintSHA256))
        #expect(ran.output.contains("has NOT been verified") == !withPassword)
    }

    @Test func `holds all roots of this machine`() throws {
        guard TrustBundle.systemRoots.contains(where: POSIXFile.exists) else { return }
        let bundle = try authority.bundle()
        let path = folder.file("trust.jks")
        try bundle.writeJavaTrustStore(to: path)
        guard let ran = try run("keytool", "-J-Duser.language=en", "-list", "-keystore", path) else { return }
        #expect(ran.output.contains("Your keystore contains \(bundle.certificates.count) entries"), "\(ran.output)")
    }
}
