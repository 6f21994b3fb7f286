internal import Core
internal import Yams

/// A value of the file with its place. It is read strictly, as what the caller expects; what is wrong is reported.
struct Value {
    let node: Node
    let source: Source

    init(_ node: Node, _ source: Source) { (self.node, self.source) = (node, source) }

    /// What an empty file says.
    static func nothing(_ source: Source) -> Value { Value(Node("", .implicit, .plain), source) }

    var place: Place { Place(file: source.name, line: node.mark?.line ?? 0) }

    func fail(_ message: String) { add(message, .error) }

    func warn(_ message: String) { add(message, .warning) }

    private func add(_ message: String, _ severity: Problem.Severity) {
        let (line, column) = (node.mark?.line ?? 0, node.mark?.column ?? 0)
        source.report.add(Problem(file: source.name, line: line, column: column, message, severity: severity))
    }

    /// Reports that something else was expected.
    func expected<T>(_ what: String) -> T? {
        fail("expected \(what), found \(found)")
        return nil
    }

    private var found: String {
        switch node {
        case .mapping: "a table"
        case .sequence: "a list"
        case .alias: "an alias"
        case .scalar: isNothing ? "nothing" : "\"\(shown)\""
        }
    }

    /// At most 60 characters, for a message.
    private var shown: String {
        let text = scalar ?? ""
        return text.count > 60 ? text.prefix(60) + "…" : text
    }

    /// A key without a value.
    var isNothing: Bool { node.scalar.map { $0.style == .plain && $0.string.isEmpty } ?? false }

    var isTable: Bool { node.mapping != nil }

    /// The text of a scalar, whatever it means.
    var scalar: String? { node.scalar?.string }

    /// The members of a list; a key without a value is an empty one.
    func list() -> [Value]? {
        if isNothing { return [] }
        guard let sequence = node.sequence else { return expected("a list") }
        return sequence.map { Value($0, source) }
    }

    /// The members of a list, each read; nil when the list or one of them is wrong.
    func list<T>(_ read: (Value) -> T?) -> [T]? {
        guard let values = list() else { return nil }
        let members = values.map(read)
        return members.contains { $0 == nil } ? nil : members.compactMap(\.self)
    }

    /// One value or a list of them.
    func oneOrMore<T>(_ read: (Value) -> T?) -> [T]? {
        node.sequence == nil && !isNothing ? read(self).map { [$0] } : list(read)
    }
}
