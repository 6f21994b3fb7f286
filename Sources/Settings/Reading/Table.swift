internal import Yams

/// A mapping of the file, in its order.
struct Table {
    struct Entry {
        var name: String
        var key: Value
        var value: Value
    }

    let value: Value
    let entries: [Entry]

    subscript(_ name: String) -> Value? { entries.first { $0.name == name }?.value }

    /// Sets `target` when the key is there and its value is right; a wrong one is reported.
    func read<T>(_ name: String, into target: inout T, _ read: (Value) -> T?) {
        if let value = self[name].flatMap(read) { target = value }
    }

    func read<T>(_ name: String, into target: inout T?, _ read: (Value) -> T?) {
        if let value = self[name].flatMap(read) { target = value }
    }

    /// The key's value; its absence is reported.
    func required(_ name: String, _ why: String = "") -> Value? {
        if let value = self[name] { return value }
        value.fail("\"\(name)\" is missing" + why)
        return nil
    }
}

extension Value {
    /// A table whose keys are names; a key without a value is an empty one.
    func table() -> Table? {
        if isNothing { return Table(value: self, entries: []) }
        guard let mapping = node.mapping else { return expected("a table") }
        let entries: [Table.Entry] = mapping.compactMap { pair in
            let key = Value(pair.key, source)
            guard let name = key.scalar else { return key.expected("a name as the key") }
            return Table.Entry(name: name, key: key, value: Value(pair.value, source))
        }
        return Table(value: self, entries: entries)
    }

    /// A table with these keys and no others.
    func table(_ known: KnownTable) -> Table? {
        guard let table = table() else { return nil }
        for entry in table.entries { known.check(entry) }
        return table
    }
}

extension KnownTable {
    fileprivate func check(_ entry: Table.Entry) {
        if keys.contains(entry.name) { return }
        if later.contains(entry.name) {
            return entry.key.fail("\"\(entry.name)\" is not supported yet; remove it")
        }
        entry.key.fail("unknown key \"\(entry.name)\"" + Spelling.hint(entry.name, keys + later))
    }
}
