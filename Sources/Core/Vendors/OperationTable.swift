/// Finds the most specific operation for a request: a tree of path segments for each host, literals before `*`.
///
/// Literals are compared without regard to case: some vendors don't distinguish it, and an allowlist's wildcard must not
/// reach a sensitive endpoint in another spelling.
package struct OperationTable: Sendable {
    private struct Node: Sendable {
        var literals: [[UInt8]: Int] = [:]
        var any: Int?
        var operations: [Int] = []
    }

    private var nodes: [Node] = []
    private var roots: [String: Int] = [:]
    private let operations: [Operation]

    package init(_ operations: [Operation], primaryHost: String) {
        self.operations = operations
        for index in operations.indices { insert(index, host: operations[index].endpoint.host ?? primaryHost) }
    }

    /// The operation that a request means, or nil when the catalogue does not know it.
    package func match(_ method: Method, host: String, segments: [ArraySlice<UInt8>]) -> Operation? {
        guard let root = roots[host] else { return nil }
        return find(root, segments[...], method).map { operations[$0] }
    }

    private mutating func insert(_ index: Int, host: String) {
        var node = roots[host] ?? makeNode()
        roots[host] = node
        for segment in operations[index].endpoint.segments { node = child(of: node, segment) }
        nodes[node].operations.append(index)
    }

    private mutating func makeNode() -> Int {
        nodes.append(Node())
        return nodes.count - 1
    }

    private mutating func child(of node: Int, _ segment: EndpointPattern.Segment) -> Int {
        switch segment {
        case .literal(let literal):
            let bytes = ASCII.lowercased(literal)
            if let next = nodes[node].literals[bytes] { return next }
            let next = makeNode()
            nodes[node].literals[bytes] = next
            return next
        case .any:
            if let next = nodes[node].any { return next }
            let next = makeNode()
            nodes[node].any = next
            return next
        }
    }

    private func find(_ node: Int, _ segments: ArraySlice<ArraySlice<UInt8>>, _ method: Method) -> Int? {
        guard let first = segments.first else { return here(node, method) }
        if let next = nodes[node].literals[ASCII.lowercased(first)],
            let found = find(next, segments.dropFirst(), method)
        {
            return found
        }
        guard !Self.formats.contains(where: { ASCII.equal(first, $0) }) else { return nil }
        return nodes[node].any.flatMap { find($0, segments.dropFirst(), method) }
    }

    /// No name and a format: to some vendors `Messages/.json` is the collection, in which a POST makes a message.
    private static let formats = [".json", ".xml", ".csv", ".html"]

    /// One that names the method before one for any method.
    private func here(_ node: Int, _ method: Method) -> Int? {
        let candidates = nodes[node].operations
        return candidates.last { operations[$0].endpoint.methods?.contains(method) == true }
            ?? candidates.last { operations[$0].endpoint.methods == nil }
    }
}
