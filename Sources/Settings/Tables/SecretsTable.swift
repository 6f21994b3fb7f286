internal import Core

extension SecretsPlace {
    mutating func read(_ value: Value) {
        guard let table = value.table(.secrets) else { return }
        table.read("file", into: &file) { $0.path() }
        if let value = table["key"] { readKey(value) }
    }

    private mutating func readKey(_ value: Value) {
        let what = "must say where the key is: { file: PATH } or { systemd: NAME }"
        guard value.isTable else { return value.fail(what) }
        guard let table = value.table(.secretsKey) else { return }
        guard table.entries.count == 1 else { return value.fail(what) }
        if let path = table["file"]?.path() { key = .file(path) }
        if let name = table["systemd"]?.name("the name of a systemd credential") { key = .systemd(name) }
    }
}
