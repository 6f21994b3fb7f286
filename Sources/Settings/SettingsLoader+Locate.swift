internal import Foundation

/// No configuration file is where one is looked for.
package struct ConfigurationMissing: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where we looked, in this order.
    package var places: [String]

    package var description: String {
        "no configuration file: looked for \(places.joined(separator: ", ")); say where it is with --config PATH"
    }
}

extension SettingsLoader {
    /// Finds the file: as told, or else in the usual places; never in the current directory, which may be an agent's.
    /// A file that was named explicitly need not exist: loading it then says so.
    package static func locate(
        explicit: String?, environment: [String: String]
    ) throws(ConfigurationMissing) -> String {
        if let told = explicit ?? environment["COFFERDAM_CONFIG"], !told.isEmpty { return told }
        let places = usualPlaces(environment)
        guard let found = places.first(where: { access($0, F_OK) == 0 }) else {
            throw ConfigurationMissing(places: places)
        }
        return found
    }

    private static func usualPlaces(_ environment: [String: String]) -> [String] {
        var folders: [String] = []
        if let told = environment["XDG_CONFIG_HOME"], told.hasPrefix("/") {
            folders.append(told)
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            folders.append(home + "/.config")
        }
        return (folders + ["/etc"]).map { $0 + "/cofferdam/proxy.conf" }
    }
}
