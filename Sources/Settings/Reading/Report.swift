internal import Yams

/// Gathers the problems of one load, so that all are told at once. Used by one thread, then thrown away.
final class Report {
    private(set) var problems: [Problem] = []

    func add(_ problem: Problem) {
        // An aliased node is read once for each alias; its problem is one.
        if !problems.contains(problem) { problems.append(problem) }
    }

    var errors: [Problem] { sorted(.error) }

    var warnings: [Problem] { sorted(.warning) }

    private func sorted(_ severity: Problem.Severity) -> [Problem] {
        problems.enumerated().filter { $0.element.severity == severity }
            .sorted {
                ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
            }
            .map(\.element)
    }
}

/// The file that is being read.
struct Source {
    /// As messages show it.
    var name: String
    /// Relative paths start here.
    var folder: String
    var report: Report
}
