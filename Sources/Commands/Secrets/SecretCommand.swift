internal import ArgumentParser
internal import Core
internal import Foundation
internal import Settings

struct SecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Keep vendors' credentials in an encrypted file.",
        discussion: """
            In the configuration: credential: { secret: stripe_live }. The file is encrypted with a key (secrets.key in \
            the state folder, or where secrets.key in the configuration says); it protects copies that the key is not in.

              cofferdam secret set stripe_live
              pass show stripe | cofferdam secret set stripe_live
            """,
        subcommands: [
            SecretSetCommand.self, SecretListCommand.self, SecretRemoveCommand.self, SecretRekeyCommand.self,
        ])
}

/// Where the encrypted store is; needs no running sidecar.
struct SecretOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration.", valueName: "path"))
    var config: String?

    func place() throws(Quit) -> SecretsPlace {
        let found: Whereabouts
        do { found = try SettingsLoader.whereabouts(explicit: config, environment: ProcessEnvironment.current) } catch {
            throw Quit(error.description, .noInput)
        }
        guard let folder = found.stateDir else { throw Quit("set state_dir in the configuration", .configuration) }
        // The sidecar may never have run.
        do { try StateDirectory.prepare(folder) } catch { throw Quit("\(error)", error.code) }
        return found.secrets
    }

    static func telling<T>(_ body: () throws(SecretProblem) -> T) throws(Quit) -> T {
        do { return try body() } catch { throw Quit(error.description, .configuration) }
    }
}

struct SecretSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a secret, from standard input or at a prompt that does not show it.",
        discussion: "It is never an argument: those can be seen by others. A running sidecar takes it within a second.")

    @OptionGroup var options: SecretOptions
    @Argument(help: ArgumentHelp("Letters, digits, . _ and - (at most 64).", valueName: "name"))
    var name: String

    func validate() throws {
        guard Credential.isName(name) else {
            throw ValidationError("A name has letters, digits, . _ and - (at most 64).")
        }
    }

    func run() async throws {
        Hardening.hide()
        let place = try options.place()
        let value = try HiddenInput.read("Secret for \(name) (not shown): ")
        guard Credential.isPossible(value) else {
            throw Quit("a credential is one line of printable ASCII without outer spaces; nothing was set", .dataError)
        }
        let name = name
        try SecretOptions.telling { () throws(SecretProblem) in
            try SecretChange.change(place, environment: ProcessEnvironment.current) { store throws(SecretProblem) in
                try store.set(name, value, at: .now)
            }
        }
        Screen.print("\(name) is set; in the configuration: credential: { secret: \(name) }")
    }
}

struct SecretListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List names and when they were set, never values.")

    @OptionGroup var options: SecretOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let place = try options.place()
        guard access(place.file, F_OK) == 0 else { return Screen.print(output.json ? "" : "no secrets") }
        let store = try SecretOptions.telling { () throws(SecretProblem) in
            try SecretStore.open(place, environment: ProcessEnvironment.current)
        }
        var table = Table([.init("NAME"), .init("SET UTC")])
        for entry in store.entries {
            table.add([entry.name, entry.setAt.shown(now: .now)])
            guard output.json else { continue }
            Screen.print(
                JSONValue.object([
                    .init("name", .string(entry.name)), .init("set_at", .string(entry.setAt.rfc3339)),
                ]).line)
        }
        if !output.json { Screen.print(store.entries.isEmpty ? "no secrets" : table.text) }
    }
}

struct SecretRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove secrets; a vendor that uses one is then refused.")

    @OptionGroup var options: SecretOptions
    @Argument(help: ArgumentHelp("Their names.", valueName: "name"))
    var names: [String]

    func run() async throws {
        let (place, names) = (try options.place(), names)
        let unknown = try SecretOptions.telling { () throws(SecretProblem) in
            try SecretChange.change(place, environment: ProcessEnvironment.current) { store in
                names.filter { !store.remove($0) }
            }
        }
        for name in names where !unknown.contains(name) { Screen.print("\(Table.safe(name)) is removed") }
        guard unknown.isEmpty else {
            throw Quit("no such secret: \(Table.safe(unknown.joined(separator: ", ")))", .dataError)
        }
    }
}

struct SecretRekeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Make a new key and encrypt everything anew.",
        discussion: """
            An interruption loses nothing: until all is done the key's file has both keys. A key that systemd gives can't \
            be written from here; --into says where the new one goes. Whoever had the old key and the old file still has \
            the secrets: give the vendors new ones too.
            """)

    @OptionGroup var options: SecretOptions
    @Option(
        help: ArgumentHelp(
            "Where the new key goes, with the old one below it, instead of its present file.", valueName: "path"))
    var into: String?

    func run() async throws {
        let (place, into) = (try options.place(), into)
        let path = try SecretOptions.telling { () throws(SecretProblem) in
            try SecretChange.rekey(place, environment: ProcessEnvironment.current, into: into)
        }
        let next = into == nil ? "" : "; give it to the sidecar, then remove its second line, the old key"
        Screen.print("encrypted with a new key in \(path)\(next)")
    }
}
