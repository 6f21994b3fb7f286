internal import Core

extension Store {
    /// `sqlite`, or `{ sqlite: /path/of/the/file }`.
    mutating func read(_ value: Value) {
        if value.scalar == "sqlite" { return }
        guard value.isTable else {
            let _: String? = value.expected("sqlite or { sqlite: /path/of/the/file }")
            return
        }
        guard let table = value.table(.store) else { return }
        table.read("sqlite", into: &sqlite) { $0.path() }
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
