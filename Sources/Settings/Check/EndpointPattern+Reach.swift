internal import Core

extension EndpointPattern {
    /// Whether some request is meant by the pattern and by the operation.
    func reaches(_ operation: Operation, of vendor: Vendor) -> Bool {
        let endpoint = operation.endpoint
        guard (host ?? vendor.primaryHost) == (endpoint.host ?? vendor.primaryHost), sharesMethod(endpoint) else {
            return false
        }
        let (mine, theirs) = (segments, endpoint.segments)
        guard open ? theirs.count > mine.count : theirs.count == mine.count else { return false }
        return zip(mine, theirs).allSatisfy { $0 == .any || $1 == .any || $0 == $1 }
    }

    /// The operations that it means by its own words: for each method the one that the catalogue has for such a request.
    func namedOperations(of vendor: Vendor) -> [Operation] {
        let path = segments.map { $0.bytes[...] }
        let found = Method.allCases.filter { methods?.contains($0) ?? true }
            .compactMap { vendor.table.match($0, host: host ?? vendor.primaryHost, segments: path) }
            .filter { names($0) }
        return found.enumerated().filter { index, one in !found[..<index].contains { $0.name == one.name } }.map(
            \.element)
    }

    /// Whether it only lets through what changes nothing.
    var onlyReads: Bool { methods?.allSatisfy(\.onlyReads) ?? false }

    private func sharesMethod(_ other: EndpointPattern) -> Bool {
        guard let mine = methods, let theirs = other.methods else { return true }
        return !mine.isDisjoint(with: theirs)
    }
}

extension EndpointPattern.Segment {
    /// `*` for any segment: as a literal it is not possible.
    var bytes: [UInt8] {
        switch self {
        case .literal(let bytes): bytes
        case .any: [UInt8(ascii: "*")]
        }
    }
}
