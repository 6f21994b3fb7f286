internal import Core
internal import Foundation

/// Reads configurations.
package enum SettingsLoader {
    /// Reads a file and everything that it refers to. Blocks: it reads files, and may run commands for credentials.
    /// - Throws: all problems at once; what is merely suspicious is in `warnings`.
    package static func load(
        path: String, environment: [String: String], generation: Int = 1
    ) throws(ConfigurationProblems) -> Settings {
        let source = source(path)
        switch SmallFile.read(path, limit: 4 << 20) {
        case .failure(let failure):
            throw ConfigurationProblems([Problem(file: path, "can't be read: \(failure.reason)")])
        case .success(let bytes):
            var settings = try load(bytes, source, environment, generation)
            settings.sourceFile = path
            return settings
        }
    }

    static func load(
        _ bytes: [UInt8], _ source: Source, _ environment: [String: String], _ generation: Int
    ) throws(ConfigurationProblems) -> Settings {
        let reader = SettingsReader(environment: environment, isRoot: geteuid() == 0)
        var settings = reader.read(Document.read(bytes, source), source)
        let errors = source.report.errors
        guard errors.isEmpty else { throw ConfigurationProblems(errors) }
        settings.rules.generation = generation
        settings.warnings = source.report.warnings
        return settings
    }

    static func source(_ path: String) -> Source {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
        return Source(name: name(of: path), folder: folder, report: Report())
    }

    /// Messages name the file without its folder: they may be shown to people who need not know it.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
