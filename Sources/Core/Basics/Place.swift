/// Where in a configuration file something stands, for messages and `explain`.
package struct Place: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var description: String { "\(file):\(line)" }

    /// Something with the line that says so: `policy billing (proxy.conf:12)`.
    static func text(_ what: String, _ place: Place?) -> String { place.map { "\(what) (\($0))" } ?? what }
}
