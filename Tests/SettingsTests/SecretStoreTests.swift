import Core
import Foundation
import Testing

@testable import Settings

@Suite struct `The encrypted store` {
    let configuration: Configuration
    let place: SecretsPlace
    private static let at = Moment(seconds: 1_795_521_600)

    init() throws {
        configuration = try Configuration()
        let folder = configuration.folder
        place = SecretsPlace(file: folder + "/secrets", key: .file(folder + "/secrets.key"))
    }

    private func set(_ name: String, _ value: String) throws {
        try SecretChange.change(place, environment: [:]) { store throws(SecretProblem) in
            try store.set(name, Array(value.utf8), at: Self.at)
        }
    }

    private func value(_ name: String) throws -> String? {
        try SecretStore.open(place, environment: [:]).value(name).map { String(bytes: $0) }
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func keyPath() throws -> String { try place.keyPath([:]) }

    /// What opening it says.
    private func problem() throws -> String {
        let problem = #expect(throws: SecretProblem.self) { try SecretStore.open(place, environment: [:]) }
        return problem?.description ?? ""
    }

    @Test func `gives back what was set, and shows it to nobody else`() throws {
        try set("stripe_live", "sk_live_0123456789abcdef")
        try set("twilio", "0a1b2c")
        try set("stripe_live", "sk_live_another9876543210")
        #expect(try value("stripe_live") == "sk_live_another9876543210")
        #expect(try value("twilio") == "0a1b2c" && (try value("other")) == nil)
        let store = try SecretStore.open(place, environment: [:])
        #expect(store.entries.map(\.name) == ["stripe_live", "twilio"] && store.entries[0].setAt == Self.at)
        #expect(try mode(place.file) == 0o600 && (try mode(try keyPath())) == 0o600)
        let text = try text(place.file)
        for part in [
            "sk_live", "0a1b2c", Data("sk_live_another".utf8).base64EncodedString(), Array("sk_live".utf8).hex,
        ] {
            #expect(!text.contains(part))
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: configuration.folder).allSatisfy {
                !$0.contains(".new")
            })
    }

    @Test func `forgets what was removed`() throws {
        try set("a", "1")
        let removed = try SecretChange.change(place, environment: [:]) { ($0.remove("a"), $0.remove("a")) }
        #expect(removed == (true, false))
        #expect(try value("a") == nil)
    }

    /// Each as whoever can write the file might try it.
    @Test(arguments: ["a name", "a date", "a seal", "two seals", "one removed", "one put back", "cut off"])
    func `is refused when it was changed`(deed: String) throws {
        try set("a", "first")
        try set("b", "second")
        let before = try text(place.file)
        try set("b", "third")
        var text = try text(place.file)
        let seals = text.matches(of: /"sealed":"([0-9a-f]+)"/).map { String($0.1) }
        let old = before.matches(of: /"sealed":"([0-9a-f]+)"/).map { String($0.1) }
        switch deed {
        case "a name": text = text.replacing(#""name":"a""#, with: #""name":"c""#)
        case "a date": text = text.replacing("2026-", with: "2025-")
        case "a seal": text = text.replacing(seals[0], with: String(seals[0].reversed()))
        case "two seals":
            text = text.replacing(seals[0], with: "X").replacing(seals[1], with: seals[0]).replacing(
                "X", with: seals[1])
        case "one removed": text = text.replacing(/\{"name":"a"[^}]*\},/, with: "")
        case "one put back": text = text.replacing(seals[1], with: old[1])
        default: text = String(text.dropLast(40))
        }
        try configuration.write(text, to: "secrets")
        let said = try problem()
        #expect(said.contains(deed == "cut off" ? "is no store of secrets" : "was changed by somebody else"), "\(said)")
        // Nor is it written over.
        #expect(throws: SecretProblem.self) { try set("d", "4") }
    }

    /// The MAC alone would not hold whoever has the key for one of its uses.
    @Test func `binds each seal to its name and date`() throws {
        try set("a", "first")
        let key = try #require(try place.keys([:])?.first)
        let store = try SecretStore.open(place, environment: [:])
        for change in [{ $0.name = "b" }, { $0.setAt = Moment(seconds: 0) }] as [(inout SecretStore.Entry) -> Void] {
            var entry = store.entries[0]
            change(&entry)
            #expect(throws: SecretProblem.self) { try SecretStore.open(entry, key, place.file) }
        }
        #expect(try SecretStore.open(store.entries[0], key, place.file) == Array("first".utf8))
    }

    @Test func `is refused with another key, which is named`() throws {
        try set("a", "1")
        try configuration.write(String(repeating: "ab", count: 32) + "\n", to: "secrets.key")
        let said = try problem()
        #expect(said.contains("was encrypted with the key ") && said.contains("restore that key"), "\(said)")
        try configuration.write("no key\n", to: "secrets.key")
        #expect(try problem().contains("holds no key (64 hex digits)"))
        try FileManager.default.removeItem(atPath: keyPath())
        #expect(try problem().contains("the key of the secrets is missing; restore it"))
        // A key that was made anew would hide that the old one is gone.
        #expect(throws: SecretProblem.self) { try set("b", "2") }
        #expect(!FileManager.default.fileExists(atPath: try keyPath()))
    }

    @Test func `is not opened with a key that others can read`() throws {
        try set("a", "1")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: keyPath())
        #expect(try problem().contains("run: chmod 600 \(keyPath())"))
    }

    @Test func `gets a new key, and is open to it alone`() throws {
        try set("a", "1")
        let (old, before) = (try text(keyPath()), try text(place.file))
        _ = try SecretChange.rekey(place, environment: [:], into: nil)
        #expect(try value("a") == "1")
        let new = try text(keyPath())
        #expect(try new != old && new.utf8.count == 65 && (try mode(try keyPath())) == 0o600)
        try configuration.write(old, to: "secrets.key")
        #expect(try problem().contains("was encrypted with the key"))
        // What an interruption leaves: both keys, and the store with either.
        try configuration.write(new + old, to: "secrets.key")
        #expect(try value("a") == "1")
        try configuration.write(before, to: "secrets")
        #expect(try value("a") == "1")
    }

    @Test func `takes its key from systemd, and puts a new one elsewhere`() throws {
        try set("a", "1")
        let environment = ["CREDENTIALS_DIRECTORY": configuration.folder]
        let systemd = SecretsPlace(file: place.file, key: .systemd("secrets.key"))
        #expect(try SecretStore.open(systemd, environment: environment).value("a") == Array("1".utf8))
        #expect(throws: SecretProblem.self) { try SecretStore.open(systemd, environment: [:]) }
        #expect(throws: SecretProblem.self) { try SecretChange.rekey(systemd, environment: environment, into: nil) }
        let path = configuration.folder + "/new.key"
        _ = try SecretChange.rekey(systemd, environment: environment, into: path)
        let moved = SecretsPlace(file: place.file, key: .file(path))
        #expect(try SecretStore.open(moved, environment: [:]).value("a") == Array("1".utf8))
    }

    @Test func `loses nothing to two who set at once`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 { group.addTask { try set("s\(number)", "\(number)") } }
            try await group.waitForAll()
        }
        #expect(try SecretStore.open(place, environment: [:]).entries.count == 20)
    }
}

@Suite struct `A credential in the encrypted store` {
    let configuration: Configuration

    init() throws { configuration = try Configuration() }

    private static let text = """
        state_dir: .
        vendors: { stripe: { credential: { secret: stripe_live } } }

        """

    private func set(_ place: SecretsPlace) throws {
        try SecretChange.change(place, environment: [:]) { store throws(SecretProblem) in
            try store.set("stripe_live", Array("sk_live_0123456789abcdef".utf8), at: Moment(seconds: 0))
        }
    }

    @Test func `is used, and taken anew at each reload`() throws {
        let missing = try configuration.load(Self.text)
        #expect(missing.rules.vendors["stripe"]?.credential == nil)
        #expect(missing.warnings.map(\.description).joined().contains("the key of the secrets is missing"))
        try set(missing.secrets)
        let settings = try configuration.load(Self.text)
        #expect(settings.rules.vendors["stripe"]?.credential?.reveal() == Array("sk_live_0123456789abcdef".utf8))
        #expect(settings.warnings.isEmpty && settings.credentialVariables.isEmpty)
        let other = try configuration.load(Self.text.replacing("stripe_live", with: "stripe_test"))
        #expect(other.warnings.map(\.description).joined().contains("run: cofferdam secret set stripe_test"))
    }

    @Test func `is where the configuration says`() throws {
        let secrets = "secrets: { file: vault/s, key: { file: keys/k } }\n"
        let settings = try configuration.load(Self.text + secrets)
        #expect(settings.secrets.file == configuration.folder + "/vault/s")
        #expect(settings.secrets.key == .file(configuration.folder + "/keys/k"))
        let found = try SettingsLoader.whereabouts(explicit: configuration.path, environment: configuration.environment)
        #expect(found.secrets == settings.secrets)
        let systemd = try configuration.load(Self.text + "secrets: { key: { systemd: master } }\n")
        #expect(systemd.secrets.key == .systemd("master") && systemd.secrets.file.hasSuffix("/secrets"))
    }

    @Test(arguments: [
        ("secrets: { key: abc }", "must say where the key is"), ("secrets: { key: {} }", "must say where the key is"),
        ("secrets: { key: { env: K } }", "unknown key \"env\""), ("secrets: { path: x }", "unknown key \"path\""),
        ("vendors: { stripe: { credential: { secret: \"a b\" } } }", "expected the name of a secret"),
    ])
    func `is not guessed at`(text: String, problem: String) throws {
        let problems = try configuration.problems(text)
        #expect(problems.joined().contains(problem), "\(problems)")
    }
}
