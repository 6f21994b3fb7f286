import Foundation
import Testing
import X509

@testable import Authority

@Suite struct `A state directory` {
    let folder: Folder
    var directory: String { folder.file("state/deep") }
    var key: String { "\(directory)/ca.key" }
    var certificate: String { "\(directory)/ca.pem" }

    init() throws {
        folder = try Folder()
    }

    @Test func `gets a CA at first use, whose key only the owner can read`() throws {
        _ = try LocalAuthority.open(directory: directory)
        #expect(try permissions(directory) == 0o700)
        #expect(try permissions(key) == 0o600)
        #expect(try permissions(certificate) == 0o644)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["ca.key", "ca.lock", "ca.pem"])
    }

    @Test func `keeps its CA`() throws {
        let first = try LocalAuthority.open(directory: directory)
        let second = try LocalAuthority.open(directory: directory)
        #expect(first.certificatePEM == second.certificatePEM)
        #expect(first.fingerprintSHA256 == second.fingerprintSHA256)
        #expect(try String(contentsOfFile: certificate, encoding: .utf8) == first.certificatePEM)
        #expect(second.advice.isEmpty)
    }

    @Test func `is given one CA when many open it at once`() async throws {
        let directory = directory
        let prints = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 {
                group.addTask { try LocalAuthority.open(directory: directory).fingerprintSHA256 }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(prints.count == 1)
    }

    @Test func `differs from every other`() throws {
        let one = try LocalAuthority.open(directory: directory)
        let other = try LocalAuthority.open(directory: folder.file("other"))
        #expect(one.pair.certificate.subject != other.pair.certificate.subject)
        #expect("\(one.pair.certificate.subject)".wholeMatch(of: /CN=Cofferdam local CA [0-9a-f]{6}/) != nil)
    }

    @Test(arguments: [0o604, 0o644, 0o660, 0o620, 0o666, 0o602])
    func `with a key that others can read is refused, with the line that repairs it`(mode: Int) throws {
        _ = try LocalAuthority.open(directory: directory)
        try setPermissions(mode, key)
        let error = #expect(throws: AuthorityError.self) { try LocalAuthority.open(directory: directory) }
        #expect(error == .keyReadableByOthers(path: key, mode: UInt32(mode)))
        #expect("\(try #require(error))".contains("chmod 600 \(key)"))
    }

    @Test func `with a key that our own group can read is accepted, with advice`() throws {
        _ = try LocalAuthority.open(directory: directory)
        try setPermissions(0o640, key)
        try FileManager.default.setAttributes([.groupOwnerAccountID: getegid()], ofItemAtPath: key)
        let authority = try LocalAuthority.open(directory: directory)
        #expect(authority.advice.count == 1)
        #expect(authority.advice.first?.contains("chmod 600 \(key)") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file to another group"))
    func `with a key that another group can read is refused`() throws {
        _ = try LocalAuthority.open(directory: directory)
        try setPermissions(0o640, key)
        try FileManager.default.setAttributes([.groupOwnerAccountID: getegid() + 1], ofItemAtPath: key)
        #expect(throws: AuthorityError.keyReadableByOthers(path: key, mode: 0o640)) {
            try LocalAuthority.open(directory: directory)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"), arguments: ["ca.key", "ca.pem"])
    func `with a file of a stranger is refused`(name: String) throws {
        _ = try LocalAuthority.open(directory: directory)
        let path = "\(directory)/\(name)"
        try FileManager.default.setAttributes([.ownerAccountID: 4321], ofItemAtPath: path)
        #expect(throws: AuthorityError.foreignOwner(path: path, owner: 4321)) {
            try LocalAuthority.open(directory: directory)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root looks into another user's directory"))
    func `of a service's user can be read by root`() throws {
        _ = try LocalAuthority.open(directory: directory)
        for path in [directory, key, certificate] {
            try FileManager.default.setAttributes([.ownerAccountID: 4321], ofItemAtPath: path)
        }
        _ = try LocalAuthority.open(directory: directory)
    }

    @Test(arguments: ["ca.key", "ca.pem"])
    func `that lost one file is refused, and not given a new CA`(name: String) throws {
        _ = try LocalAuthority.open(directory: directory)
        try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        let error = #expect(throws: AuthorityError.self) { try LocalAuthority.open(directory: directory) }
        guard case .incomplete(_, missing: "\(directory)/\(name)") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["ca.key", "ca.pem"])
    func `with a file of another CA is refused`(name: String) throws {
        _ = try LocalAuthority.open(directory: directory)
        _ = try LocalAuthority.open(directory: folder.file("other"))
        try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        try FileManager.default.copyItem(atPath: folder.file("other/\(name)"), toPath: "\(directory)/\(name)")
        #expect(throws: AuthorityError.mismatch(certificate: certificate, key: key)) {
            try LocalAuthority.open(directory: directory)
        }
    }

    @Test(
        arguments: ["ca.key", "ca.pem"], ["", "-----BEGIN NONSENSE-----\nAAAA\n-----END NONSENSE-----\n", "\0\u{1}"])
    func `with a broken file is refused`(name: String, text: String) throws {
        _ = try LocalAuthority.open(directory: directory)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(directory)/\(name)"))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
        let error = #expect(throws: AuthorityError.self) { try LocalAuthority.open(directory: directory) }
        guard case .malformed("\(directory)/\(name)", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `whose CA is over is refused`() throws {
        let old = TestClock(Date(timeIntervalSinceNow: -826 * 86_400))
        let ended = try LocalAuthority.open(directory: directory, clock: old.read).expiresAt
        #expect(throws: AuthorityError.expired(path: certificate, at: ended)) {
            try LocalAuthority.open(directory: directory)
        }
    }

    @Test func `whose CA begins in the future is refused`() throws {
        let ahead = TestClock(Date(timeIntervalSinceNow: 3_600))
        _ = try LocalAuthority.open(directory: directory, clock: ahead.read)
        let error = #expect(throws: AuthorityError.self) { try LocalAuthority.open(directory: directory) }
        guard case .notYetValid(certificate, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `that is a file is refused`() throws {
        let path = try folder.write("", "plain")
        let error = #expect(throws: AuthorityError.self) { try LocalAuthority.open(directory: path) }
        guard case .io("open", _, ENOTDIR) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `whose key is a directory is refused`() throws {
        _ = try LocalAuthority.open(directory: directory)
        try FileManager.default.removeItem(atPath: key)
        try FileManager.default.createDirectory(atPath: key, withIntermediateDirectories: false)
        #expect(throws: AuthorityError.self) { try LocalAuthority.open(directory: directory) }
    }

    @Test func `never says the key in an error`() throws {
        _ = try LocalAuthority.open(directory: directory)
        let text = try String(contentsOfFile: key, encoding: .utf8)
        let broken = text.replacingOccurrences(of: "\n", with: "#\n")
        try broken.write(toFile: key, atomically: false, encoding: .utf8)
        let error = try #require(throws: AuthorityError.self) { try LocalAuthority.open(directory: directory) }
        let secret = text.split(separator: "\n")[1].prefix(16)
        #expect(!"\(error)".contains(secret))
        #expect(!String(reflecting: error).contains(secret))
    }
}
