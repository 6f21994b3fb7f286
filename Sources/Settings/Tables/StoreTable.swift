internal import Core

extension Store {
    /// `sqlite`, or a table such as `{ sqlite: /path/of/the/file, retention: { audit: 400d } }`.
    mutating func read(_ value: Value) {
        if value.scalar == "sqlite" { return }
        guard value.isTable else {
            let _: String? = value.expected("sqlite or a table such as { sqlite: /path/of/the/file }")
            return
        }
        guard let table = value.table(.store) else { return }
        table.read("sqlite", into: &sqlite) { $0.path() }
        if let value = table["retention"] { retention.read(value) }
    }
}

extension Retention {
    fileprivate mutating func read(_ value: Value) {
        guard let table = value.table(.retention) else { return }
        if let value = table["audit"] { audit = value.retention() }
        if let value = table["keys"] { keys = value.retention() }
        if let value = table["spend"] { spend = value.retention() }
    }
}

extension Value {
    /// A span of at least a day, or `forever`.
    fileprivate func retention() -> Span? {
        if scalar == "forever" { return nil }
        guard let text = scalar, let span = Span(text: text), span >= .seconds(86_400) else {
            return expected("forever, or a duration of a day or more such as 400d")
        }
        return span
    }
}

/// Where the state folder is when nothing says so.
enum StateFolder {
    static func byDefault(_ environment: [String: String], isRoot: Bool) -> String? {
        if isRoot { return "/var/lib/cofferdam" }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/cofferdam" }
        return environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.local/state/cofferdam" : nil }
    }
}
