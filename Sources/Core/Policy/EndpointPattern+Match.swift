extension EndpointPattern {
    /// Whether the pattern means this request to `vendor`.
    package func matches(_ target: Target) -> Bool {
        guard methods?.contains(target.method) ?? true, (host ?? target.vendor.primaryHost) == target.host else {
            return false
        }
        let path = target.path.segments
        guard open ? path.count > segments.count : path.count == segments.count else { return false }
        return zip(segments, path).allSatisfy { segment, bytes in
            switch segment {
            case .any: true
            case .literal(let literal): bytes.elementsEqual(literal)
            }
        }
    }

    /// Whether the pattern names `operation` itself, not merely reaches it with a wildcard: sensitive ones ask for that.
    package func names(_ operation: Operation) -> Bool {
        guard !open, segments.count == operation.endpoint.segments.count else { return false }
        return zip(segments, operation.endpoint.segments).allSatisfy { mine, theirs in
            if case .literal = theirs { return mine == theirs }
            return true
        }
    }
}
