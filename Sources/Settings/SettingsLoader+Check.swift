/// What `cofferdam check` has to say about a configuration that can be used.
package struct Checked: Sendable {
    package var settings: Settings
    /// Those of loading, and what is legal but suspicious, in the order of the file.
    package var warnings: [Problem]
    /// For each policy, the most that it lets be spent.
    package var exposure: [String]
}

extension SettingsLoader {
    /// Loads a file, and looks at what it means; `volatile` says why a folder's files are lost at a restart.
    /// Throws all problems at once, as `load` does.
    package static func check(
        path: String, environment: [String: String], volatile: (String) -> String? = VolatileFolder.reason
    ) throws(ConfigurationProblems) -> Checked {
        let settings = try load(path: path, environment: environment)
        var warnings = settings.warnings + Suspicions.all(settings)
        if let reason = volatile(settings.stateDir) {
            let lost = "state_dir \(settings.stateDir) \(reason): keys, spend and audit records are lost at a restart"
            warnings.append(Problem(file: name(of: path), lost, severity: .warning))
        }
        let ordered = warnings.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
        return Checked(settings: settings, warnings: ordered.map(\.element), exposure: Exposure.lines(settings.rules))
    }
}
