package import Core
internal import Crypto
internal import Foundation

/// Vendors' credentials in one encrypted file.
///
/// Each secret is sealed with AES-GCM, its name and date as associated data, so that none can take another's place. A
/// MAC over the whole file shows when one was removed or put back. An older copy of the whole file is not noticed.
package struct SecretStore: Sendable {
    package struct Entry: Sendable, Equatable {
        package var name: String
        package var setAt: Moment
        fileprivate var sealed: [UInt8]

        /// What the seal is bound to.
        fileprivate var bound: Data { Data("cofferdam secret 1\n\(name)\n\(setAt.text)".utf8) }
    }

    package private(set) var entries: [Entry] = []
    private let path: String
    private var key: MasterKey

    /// Opens the store; one that is not there yet is empty. Without a key nothing is opened.
    package static func open(_ place: SecretsPlace, environment: [String: String]) throws(SecretProblem) -> SecretStore
    {
        guard let keys = try place.keys(environment), let first = keys.first else {
            throw SecretProblem(
                "\(try place.keyPath(environment)): the key of the secrets is missing; restore it, or begin anew: "
                    + "cofferdam secret set NAME (after removing \(place.file), if it is there)")
        }
        var store = SecretStore(path: place.file, key: first)
        try store.read(keys)
        return store
    }

    fileprivate init(path: String, key: MasterKey) { (self.path, self.key) = (path, key) }

    package func value(_ name: String) throws(SecretProblem) -> [UInt8]? {
        guard let entry = entries.first(where: { $0.name == name }) else { return nil }
        return try Self.open(entry, key, path)
    }

    static func open(_ entry: Entry, _ key: MasterKey, _ path: String) throws(SecretProblem) -> [UInt8] {
        do {
            let box = try AES.GCM.SealedBox(combined: entry.sealed)
            return Array(try AES.GCM.open(box, using: key.sealing, authenticating: entry.bound))
        } catch { throw changed(path) }
    }

    package mutating func set(_ name: String, _ value: [UInt8], at now: Moment) throws(SecretProblem) {
        var entry = Entry(name: name, setAt: now, sealed: [])
        entry.sealed = try Self.seal(value, entry, key)
        entries.removeAll { $0.name == name }
        entries.append(entry)
        entries.sort { $0.name < $1.name }
    }

    private static func seal(_ value: [UInt8], _ entry: Entry, _ key: MasterKey) throws(SecretProblem) -> [UInt8] {
        // A nonce of 12 bytes always gives a combined form.
        guard let box = try? AES.GCM.seal(value, using: key.sealing, authenticating: entry.bound),
            let bytes = box.combined
        else { throw SecretProblem("the secret can't be encrypted") }
        return Array(bytes)
    }

    /// Whether it was there.
    package mutating func remove(_ name: String) -> Bool {
        let count = entries.count
        entries.removeAll { $0.name == name }
        return entries.count < count
    }

    /// Encrypts everything anew.
    mutating func rekey(_ new: MasterKey) throws(SecretProblem) {
        for index in entries.indices {
            let value = try Self.open(entries[index], key, path)
            entries[index].sealed = try Self.seal(value, entries[index], new)
        }
        key = new
    }

    // MARK: The file

    package func write() throws(SecretProblem) {
        do {
            try PrivateFile.write(JSONValue.object(members + [.init("mac", .string(mac.hex))]).bytes + [0x0A], to: path)
        } catch { throw SecretProblem("\(error)") }
    }

    private var members: [JSONValue.Member] {
        let secrets = entries.map { entry in
            JSONValue.object([
                .init("name", .string(entry.name)), .init("set_at", .string(entry.setAt.text)),
                .init("sealed", .string(entry.sealed.hex)),
            ])
        }
        return [.init("version", .number("1")), .init("key", .string(key.id)), .init("secrets", .array(secrets))]
    }

    private var mac: [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: JSONValue.object(members).bytes, using: key.signing))
    }

    private mutating func read(_ keys: [MasterKey]) throws(SecretProblem) {
        let bytes: [UInt8]
        switch SmallFile.read(path, limit: 4 << 20) {
        case .success(let read): bytes = read
        case .failure(let failure) where failure.isMissing: return
        case .failure(let failure): throw SecretProblem("can't read \(path): \(failure.reason)")
        }
        guard let value = try? JSONValue.parse(bytes), value["version"] == .number("1"),
            case .array(let secrets) = value["secrets"], let id = value["key"]?.text, let mac = value["mac"]?.text
        else { throw SecretProblem("\(path) is no store of secrets; restore it from a copy") }
        guard let key = keys.first(where: { $0.id == id }) else {
            let mine = keys.map(\.id).joined(separator: ", ")
            throw SecretProblem("\(path) was encrypted with the key \(id), and this is \(mine); restore that key")
        }
        self.key = key
        entries = secrets.compactMap(Entry.init)
        guard entries.count == secrets.count, self.mac.hex == mac else { throw Self.changed(path) }
    }

    private static func changed(_ path: String) -> SecretProblem {
        SecretProblem(
            "\(path) was changed by somebody else, or is damaged; restore it from a copy, or remove it and set them anew"
        )
    }
}

extension SecretStore.Entry {
    fileprivate init?(_ value: JSONValue) {
        guard let name = value["name"]?.text, let at = value["set_at"]?.text.flatMap({ Moment(text: $0.utf8) }),
            let sealed = value["sealed"]?.text.flatMap({ [UInt8](hex: $0) })
        else { return nil }
        self.init(name: name, setAt: at, sealed: sealed)
    }
}

/// Changes of the store, one at a time.
package enum SecretChange {
    /// Makes the key first, where there is none yet.
    package static func change<T>(
        _ place: SecretsPlace, environment: [String: String], _ body: (inout SecretStore) throws(SecretProblem) -> T
    ) throws(SecretProblem) -> T {
        let lock = try lock(place)
        defer { close(lock) }
        try makeKeyUnlessThere(place, environment)
        var store = try SecretStore.open(place, environment: environment)
        let result = try body(&store)
        try store.write()
        return result
    }

    /// Changes the master key. The key's file has both keys until the store has the new one: whatever interrupts it, the
    /// store can be opened. A key that systemd gives can't be written from here: `into` is the file for the new one.
    package static func rekey(
        _ place: SecretsPlace, environment: [String: String], into path: String?
    ) throws(SecretProblem) -> String {
        let lock = try lock(place)
        defer { close(lock) }
        var store = try SecretStore.open(place, environment: environment)
        guard let old = try place.keys(environment) else { throw SecretProblem("there is no key to change") }
        let target: String
        switch (path, place.key) {
        case (let path?, _): target = path
        case (nil, .file(let path)): target = path
        case (nil, .systemd): throw SecretProblem("the key comes from systemd; say where the new one goes: --into PATH")
        }
        let new = MasterKey.generate()
        try write(([new] + old).map(\.line).joined(), target)
        try store.rekey(new)
        try store.write()
        if path == nil { try write(new.line, target) }
        return target
    }

    private static func makeKeyUnlessThere(_ place: SecretsPlace, _ environment: [String: String]) throws(SecretProblem)
    {
        guard case .file(let path) = place.key, access(path, F_OK) != 0, access(place.file, F_OK) != 0 else { return }
        try write(MasterKey.generate().line, path)
    }

    private static func write(_ text: String, _ path: String) throws(SecretProblem) {
        do { try PrivateFile.write(Array(text.utf8), to: path) } catch { throw SecretProblem("\(error)") }
    }

    /// Two commands at once would lose what one of them set.
    private static func lock(_ place: SecretsPlace) throws(SecretProblem) -> CInt {
        let path = place.file + ".lock"
        let file = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0, flock(file, LOCK_EX) == 0 else {
            throw SecretProblem("\(path): \(String(cString: strerror(errno)))")
        }
        PrivateFile.giveToOwner(file, path)
        return file
    }
}
