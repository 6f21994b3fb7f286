internal import Foundation

/// Where a sidecar listens and keeps its files.
package struct Whereabouts: Sendable {
    package var listen = Listen()
    /// nil when nothing says it and there is no home to put it in.
    package var stateDir: String?
    /// Where the encrypted store is, once `stateDir` is known.
    package var secrets = SecretsPlace()

    package init() {}
}

extension SettingsLoader {
    /// Finds a running sidecar, for a command that speaks to it. Reads no credential and runs nothing; other mistakes in
    /// the file don't matter here, for a stop must work while someone is still editing. Without a file: the defaults.
    package static func whereabouts(explicit: String?, environment: [String: String]) throws(Problem) -> Whereabouts {
        var found = try findWhereabouts(explicit, environment)
        found.secrets.complete(found.stateDir ?? "")
        return found
    }

    private static func findWhereabouts(_ explicit: String?, _ environment: [String: String]) throws(Problem)
        -> Whereabouts
    {
        var found = Whereabouts()
        found.stateDir = StateFolder.byDefault(environment, isRoot: geteuid() == 0)
        let told = explicit != nil || environment["COFFERDAM_CONFIG"]?.isEmpty == false
        guard let path = try? locate(explicit: explicit, environment: environment) else { return found }
        switch SmallFile.read(path, limit: 4 << 20) {
        case .success(let bytes): found.read(Document.read(bytes, source(path)))
        case .failure(let failure) where told: throw Problem(file: path, "can't be read: \(failure.reason)")
        case .failure: break
        }
        return found
    }
}

extension Whereabouts {
    fileprivate mutating func read(_ root: Value?) {
        guard let table = root?.table(.top) else { return }
        if let value = table["listen"] { listen.read(value) }
        if let value = table["state_dir"] { stateDir = value.path() ?? stateDir }
        if let value = table["secrets"] { secrets.read(value) }
    }
}
