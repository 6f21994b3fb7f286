internal import Core
internal import Crypto
internal import Foundation

/// What can be wrong with the encrypted store or its key, and what to do about it.
package struct SecretProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

/// The key of the encrypted store: 32 random bytes, of which only derived ones are used.
struct MasterKey: Sendable {
    private let bytes: [UInt8]

    static func generate() -> MasterKey { MasterKey(bytes: SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }) }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    init?(hex text: some StringProtocol) {
        guard let bytes = [UInt8](hex: text), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// As its file has it.
    var line: String { bytes.hex + "\n" }

    /// Tells one key from another, and says nothing of it.
    var id: String { derived("id").withUnsafeBytes { Array($0.prefix(4)).hex } }

    var sealing: SymmetricKey { derived("seal") }

    var signing: SymmetricKey { derived("sign") }

    private func derived(_ use: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: bytes), info: Data("cofferdam secrets 1 \(use)".utf8),
            outputByteCount: 32)
    }
}

/// Where the encrypted store and its key are.
package struct SecretsPlace: Sendable, Equatable {
    package enum Key: Sendable, Equatable {
        case file(String)
        /// A credential that systemd has loaded.
        case systemd(String)
    }

    /// Absolute paths; empty until the state folder is known.
    package var file = ""
    package var key = Key.file("")

    package init() {}

    package init(file: String, key: Key) { (self.file, self.key) = (file, key) }

    mutating func complete(_ stateDir: String) {
        if file.isEmpty { file = stateDir + "/secrets" }
        if key == .file("") { key = .file(stateDir + "/secrets.key") }
    }

    /// The path of the key's file.
    func keyPath(_ environment: [String: String]) throws(SecretProblem) -> String {
        switch key {
        case .file(let path): return path
        case .systemd(let name):
            guard let folder = environment["CREDENTIALS_DIRECTORY"], folder.hasPrefix("/") else {
                throw SecretProblem(
                    "CREDENTIALS_DIRECTORY is not set; add LoadCredential=\(name):PATH to the systemd unit")
            }
            return folder + "/" + name
        }
    }

    /// The keys, the present one first: while a key is changed there are two. Nil when there is no file.
    func keys(_ environment: [String: String]) throws(SecretProblem) -> [MasterKey]? {
        let path = try keyPath(environment)
        if case .file = key { try Self.checkMode(path) }
        return try Self.keys(path)
    }

    static func keys(_ path: String) throws(SecretProblem) -> [MasterKey]? {
        let bytes: [UInt8]
        switch SmallFile.read(path, limit: 4096) {
        case .success(let read): bytes = read
        case .failure(let failure) where failure.isMissing: return nil
        case .failure(let failure): throw SecretProblem("can't read \(path): \(failure.reason)")
        }
        let keys = bytes.split(separator: 0x0A).map { MasterKey(hex: String(bytes: $0)) }
        guard !keys.isEmpty, !keys.contains(where: { $0 == nil }) else {
            throw SecretProblem("\(path) holds no key (64 hex digits); restore it from where you keep a copy")
        }
        return keys.compactMap(\.self)
    }

    /// Whoever can read the key can read every secret.
    static func checkMode(_ path: String) throws(SecretProblem) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return }
        guard facts.st_mode & 0o077 == 0 else {
            throw SecretProblem("others can read \(path), the key of all secrets; run: chmod 600 \(path)")
        }
        guard facts.st_uid == geteuid() || facts.st_uid == 0 || geteuid() == 0 else {
            throw SecretProblem("\(path) belongs to another user")
        }
    }
}
