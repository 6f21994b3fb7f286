extension Vendor {
    /// An entry of an allowlist: a pattern on one of the vendor's hosts, or the name of an operation.
    /// - Throws: what is wrong with it, for people.
    package func endpoint(_ text: String) throws(EndpointPattern.Problem) -> EndpointPattern {
        if !text.utf8.contains(UInt8(ascii: "/")) {
            guard let operation = operations.first(where: { $0.name == text }) else {
                throw EndpointPattern.Problem(message: "\(name) has no operation \"\(text)\"")
            }
            return operation.endpoint
        }
        let pattern = try EndpointPattern(text)
        if let host = pattern.host, !hosts.contains(host) {
            throw EndpointPattern.Problem(
                message: "\"\(host)\" is not a host of \(name) (\(hosts.joined(separator: ", ")))")
        }
        return pattern
    }
}
