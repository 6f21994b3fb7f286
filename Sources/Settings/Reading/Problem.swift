/// Something wrong, or suspicious, in a configuration, and where.
package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Severity: String, Sendable { case error, warning }

    /// The file's name without its folder.
    package var file: String
    /// From 1; 0 when it is not about a line.
    package var line: Int
    /// From 1; 0 when it is about the whole entry that begins in the line.
    package var column: Int
    package var message: String
    package var severity: Severity

    package init(file: String, line: Int = 0, column: Int = 0, _ message: String, severity: Severity = .error) {
        (self.file, self.line, self.column) = (file, line, column)
        (self.message, self.severity) = (message, severity)
    }

    /// `proxy.conf:31:5: unknown key "buget"; did you mean "budget"?`
    package var description: String {
        let place = file + (line > 0 ? ":\(line)" : "") + (column > 0 ? ":\(column)" : "")
        return place + (severity == .warning ? ": warning: " : ": ") + message
    }
}

/// Everything that keeps a configuration from being used, in the order of the file.
package struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    package var problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
