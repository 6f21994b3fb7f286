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

    /// Whether it only lets through what changes nothing.
    var onlyReads: Bool { methods?.allSatisfy(\.onlyReads) ?? false }

    private func sharesMethod(_ other: EndpointPattern) -> Bool {
        guard let mine = methods, let theirs = other.methods else { return true }
        return !mine.isDisjoint(with: theirs)
    }
}
