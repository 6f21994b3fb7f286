internal import Core

/// A vendor's operations while they are read: a later entry changes one of the same name, or of the same endpoint.
struct OperationList {
    private(set) var all: [Operation] = []
    private var byName: [String: Int] = [:]
    private var byEndpoint: [String: Int] = [:]

    subscript(_ name: String) -> Operation? { byName[name].map { all[$0] } }

    var names: [String] { all.map(\.name) }

    mutating func merge(_ table: Table, primaryHost: String) {
        let known = OperationTable(all, primaryHost: primaryHost)
        for entry in table.entries { merge(entry, known, primaryHost) }
    }

    private mutating func merge(_ entry: Table.Entry, _ known: OperationTable, _ primaryHost: String) {
        guard let table = entry.value.table(.operation) else { return }
        if let at = byName[entry.name] { return all[at].apply(table) }
        guard let endpoint = endpoint(entry, table) else { return }
        if entry.name.contains("/"), let at = byEndpoint[endpoint.key(primaryHost)] { return all[at].apply(table) }
        var operation = Operation(name: entry.name, endpoint: endpoint)
        operation.inherit(from: known, primaryHost)
        operation.apply(table)
        add(operation, primaryHost)
    }

    private mutating func add(_ operation: Operation, _ primaryHost: String) {
        byName[operation.name] = all.count
        byEndpoint[operation.endpoint.key(primaryHost)] = all.count
        all.append(operation)
    }

    /// The endpoint of a new operation: its key, or its `endpoint`.
    private func endpoint(_ entry: Table.Entry, _ table: Table) -> EndpointPattern? {
        if entry.name.contains("/") { return entry.key.endpoint(exact: true) }
        if let value = table["endpoint"] { return value.endpoint(exact: true) }
        entry.key.fail(
            "\"\(entry.name)\" is not in the catalogue" + Spelling.hint(entry.name, names)
                + (Spelling.hint(entry.name, names).isEmpty ? ";" : " Otherwise")
                + " a new operation needs \"endpoint\"")
        return nil
    }
}

extension Operation {
    fileprivate mutating func apply(_ table: Table) {
        place = table["price"]?.place ?? table.value.place
        table.read("endpoint", into: &endpoint) { $0.endpoint(exact: true) }
        table.read("price", into: &price) { $0.price() }
        table.read("sensitive", into: &sensitive) { $0.text("the reason") }
        table.read("refused", into: &refused) { $0.text("the reason") }
    }

    /// What the catalogue says of the same requests still holds when a narrower endpoint gets a price of its own.
    fileprivate mutating func inherit(from known: OperationTable, _ primaryHost: String) {
        let segments = endpoint.segments.map { $0.bytes[...] }
        for method in Method.allCases where endpoint.methods?.contains(method) ?? true {
            let found = known.match(method, host: endpoint.host ?? primaryHost, segments: segments)
            sensitive = sensitive ?? found?.sensitive
            refused = refused ?? found?.refused
        }
    }
}

extension EndpointPattern {
    /// The same for the same requests, however it was written.
    func key(_ primaryHost: String) -> String {
        let methods = methods.map { $0.map(\.rawValue).sorted().joined(separator: ",") } ?? "*"
        return methods + " " + (host ?? primaryHost) + path + (open ? "/**" : "")
    }

    private var path: String { segments.map { "/" + String(bytes: $0.bytes) }.joined() }
}

extension Value {
    /// A pattern of endpoints; `exact` reads a trailing `*` as one segment.
    func endpoint(exact: Bool = false) -> EndpointPattern? {
        guard let text = text("an endpoint such as POST /v1/charges") else { return nil }
        do {
            return try EndpointPattern(text, exact: exact)
        } catch {
            fail(error.message)
            return nil
        }
    }
}
