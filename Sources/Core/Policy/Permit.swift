/// The proof that a caller may make this request; only `Permit.check` makes one.
package final class Permit: Sendable {
    package let target: Target
    package let grant: Grant
    /// The allowlist entry that let it through.
    package let pattern: EndpointPattern
    package let covers: [Cover]
    /// What the policy would say if it did not only watch.
    let observed: Refusal?

    private init(
        _ target: Target, _ grant: Grant, _ pattern: EndpointPattern, _ covers: [Cover], _ observed: Refusal?
    ) {
        (self.target, self.grant, self.pattern, self.covers) = (target, grant, pattern, covers)
        self.observed = observed
    }

    /// Whether any cap counts this request.
    package var capped: Bool { covers.contains { !$0.caps.isEmpty } }

    /// - Throws: `.endpointNotAllowed`, `.accountNotAllowed`, `.malformedRequest` for method overrides.
    static func check(_ grant: Grant, _ target: Target, _ fields: Fields, _ rules: Rules) throws(Refusal) -> Permit {
        let listed = grant.key.endpoints.first { allows($0, target) }
        let refusal = listed == nil ? grant.unlisted(target) : nil
        let watches = grant.observes && target.operation?.sensitive == nil
        guard let pattern = listed ?? (watches ? observedPattern : nil), target.operation?.refused == nil else {
            throw refusal ?? grant.unlisted(target)
        }
        try checkPinned(grant.key, target.vendor, fields)
        try checkAccount(target)
        if let override = methodOverrides.first(where: fields.contains) {
            throw .malformedRequest("the field \(override)")
        }
        return Permit(target, grant, pattern, grant.covers(target, rules), refusal)
    }

    private static func allows(_ pattern: EndpointPattern, _ target: Target) -> Bool {
        guard pattern.matches(target) else { return false }
        guard let operation = target.operation, operation.sensitive != nil else { return true }
        return pattern.names(operation)
    }

    /// Fields that select another account, organisation, mode or version pass only with listed values.
    private static func checkPinned(_ key: VaultKey, _ vendor: Vendor, _ fields: Fields) throws(Refusal) {
        for name in vendor.pinnedFields {
            for value in fields.all(name) where !lists(key.pinned[name] ?? [], value) {
                throw .accountNotAllowed(field: name)
            }
        }
        for name in vendor.versionFields {
            guard let listed = key.pinned[name] else { continue }
            for value in fields.all(name) where !lists(listed, value) {
                throw .accountNotAllowed(field: name)
            }
        }
    }

    /// Byte by byte: strings are equal that look alike.
    private static func lists(_ listed: [String], _ value: ArraySlice<UInt8>) -> Bool {
        listed.contains { $0.utf8.elementsEqual(value) }
    }

    /// The `{account}` segment of the path is the configured account.
    private static func checkAccount(_ target: Target) throws(Refusal) {
        guard let template = target.vendor.accountInPath else { return }
        let parts = template.utf8.dropFirst().split(separator: UInt8(ascii: "/"))
        guard let at = parts.firstIndex(where: { $0.elementsEqual("{account}".utf8) }),
            target.path.segments.count > parts.distance(from: parts.startIndex, to: at),
            zip(parts[..<at], target.path.segments).allSatisfy({ ASCII.lowercased($0) == ASCII.lowercased($1) })
        else { return }
        let shown = target.path.segments[at]
        guard let account = target.vendor.account, sameAccount(shown, account) else {
            throw .accountNotAllowed(field: "path")
        }
    }

    /// `AC123` or, for a resource of the account itself, `AC123.json`.
    private static func sameAccount(_ segment: ArraySlice<UInt8>, _ account: String) -> Bool {
        segment.elementsEqual(account.utf8) || segment.elementsEqual((account + ".json").utf8)
    }

    private static let methodOverrides = [
        "x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url",
        "x-original-method", "x-original-uri", "x-rewrite-uri", "x-override-url", "x-waws-unencoded-url",
    ]
}
