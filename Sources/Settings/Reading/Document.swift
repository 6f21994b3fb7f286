internal import Core
internal import Yams

/// YAML text as one value.
enum Document {
    /// The file's root; nil when it is empty or no YAML, which is then reported.
    static func read(_ bytes: [UInt8], _ source: Source) -> Value? {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            source.report.add(Problem(file: source.name, line: 1, column: 1, "is not UTF-8 text"))
            return nil
        }
        do {
            // Without rules no scalar is guessed: `no` and `5` stay text until a reader asks for what they are.
            return try Yams.compose(yaml: text, .basic, .default, .utf8).map { Value($0, source) }
        } catch {
            source.report.add(problem(of: error, source))
            return nil
        }
    }

    private static func problem(of error: any Error, _ source: Source) -> Problem {
        func at(_ mark: Mark, _ message: String) -> Problem {
            Problem(file: source.name, line: mark.line, column: mark.column, message)
        }
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return at(mark, "is not YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            return at(context.mark, "the key \"\(keys.first ?? "")\" stands twice in one table")
        case .reader(let problem, _, _, _):
            return Problem(file: source.name, line: 1, column: 1, "is not YAML: \(problem)")
        default:
            return Problem(file: source.name, line: 1, column: 1, "is not YAML")
        }
    }
}
