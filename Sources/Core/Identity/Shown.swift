/// The credentials that a request shows, read but not yet believed.
struct Shown {
    enum VendorCredential: Equatable {
        case none
        case key(SecretDigest)
        case runSecret(SecretDigest)
    }

    let proxy: ProxyCredential?
    let vendorCredential: VendorCredential
    let runID: String?

    /// - Throws: `.vaultKeyInvalid` on the gateway for anything that is not key-shaped; `.malformedRequest` for two
    ///   different keys; `.proxyAuthenticationRequired` for a proxy credential that can't be read.
    init(_ arrival: Arrival, _ target: Target) throws(Refusal) {
        let fields = arrival.head.fields
        switch arrival.way {
        case _ where target.onVirtualHost:
            // It opened the way, and was asked about that.
            proxy = nil
            runID = try Self.runID(fields)
        case .tunnel(_, let credential, let connectRun):
            // Some clients send the CONNECT's again; another one would be another caller.
            if let inner = fields["proxy-authorization"], ProxyCredential(inner) != credential {
                throw .malformedRequest("another proxy credential than the tunnel's")
            }
            proxy = credential
            runID = try Self.runID(fields) ?? connectRun
        case .listener:
            proxy = ProxyCredential(fields["proxy-authorization"])
            if proxy == nil, fields.contains("proxy-authorization") { throw .proxyAuthenticationRequired }
            runID = try Self.runID(fields)
        }
        vendorCredential = try Self.vendorCredential(fields, target)
    }

    static func runID(_ fields: Fields) throws(Refusal) -> String? {
        let values = fields.all("x-agent-run-id")
        guard let first = values.first else { return nil }
        guard values.count == 1, RunID.isValid(first) else { throw .malformedRequest("a malformed X-Agent-Run-Id") }
        return String(bytes: first)
    }

    private static func vendorCredential(_ fields: Fields, _ target: Target) throws(Refusal) -> VendorCredential {
        var found = VendorCredential.none
        let keyFields = target.vendor.keyFields
        for name in keyFields.contains("authorization") ? keyFields : keyFields + ["authorization"] {
            for value in fields.all(name) { try found.add(credential(in: value), target) }
        }
        for value in target.shownKeys { try found.add(credential(in: value[...]), target) }
        return found
    }

    /// The key-shaped part of a field's value: the value itself, behind a scheme, or either half of Basic.
    private static func credential(in value: ArraySlice<UInt8>) throws(Refusal) -> VendorCredential {
        if let (user, password) = BasicCredential.read(value) {
            let (name, secret) = (shaped(Array(user.utf8)[...]), shaped(password[...]))
            guard name == .none || secret == .none || name == secret else {
                throw .malformedRequest("two different credentials")
            }
            return name == .none ? secret : name
        }
        let last = value.lastIndex(of: 0x20).map { value[($0 + 1)...] } ?? value
        return shaped(last)
    }

    /// Whether a value holds a vault key or a run's secret: those are between the agent and us, wherever it puts them.
    static func holdsOurSecret(_ value: ArraySlice<UInt8>) -> Bool {
        guard value.contains(UInt8(ascii: "_")) else { return false }
        let text = String(bytes: value)
        return text.contains(VaultKey.tokenPrefix) || text.contains(Run.secretPrefix)
    }

    private static func shaped(_ bytes: ArraySlice<UInt8>) -> VendorCredential {
        if bytes.starts(with: VaultKey.tokenPrefix.utf8) || bytes.starts(with: "vk_".utf8) {
            return .key(SecretDigest(of: bytes))
        }
        return bytes.starts(with: Run.secretPrefix.utf8) ? .runSecret(SecretDigest(of: bytes)) : .none
    }
}

extension Shown.VendorCredential {
    /// Takes one more that was shown; the same twice is one.
    fileprivate mutating func add(_ read: Self, _ target: Target) throws(Refusal) {
        if read == .none, target.way == .gateway { throw .vaultKeyInvalid }
        guard read != .none, read != self else { return }
        guard self == .none else { throw .malformedRequest("two different credentials") }
        self = read
    }
}

/// The spelling of run IDs.
package enum RunID {
    /// Letters, digits, `_`, `-`, `.` and `:`, at most 128.
    package static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        (1...128).contains(bytes.count)
            && bytes.allSatisfy { ASCII.isAlphanumeric($0) || [0x5F, 0x2D, 0x2E, 0x3A].contains($0) }
    }
}
