/// A vendor whose API agents may call: catalogue data, overridden by the configuration.
package struct Vendor: Sendable {
    package var name: String
    /// Lower-case names, the primary one first.
    package var hosts: [String] = []
    package var scheme: CredentialScheme = .bearer
    /// nil: it could not be read; every request is `503 credential_unavailable`.
    package var credential: Secret?
    /// Why there is none, and what to do (`restore /etc/cofferdam/twilio.token`).
    package var credentialProblem: String?
    /// Fields in which the vendor's SDKs send the key; removed from every request. Lower case.
    package var keyFields: [String] = ["authorization"]
    package var keyPrefixes: [KeyPrefix] = []
    /// Variables in which SDKs look for the key, and the placeholder that an agent gets instead.
    package var environment: [String: String] = [:]
    /// Variables with which an SDK takes the gateway's URL, and the path behind it.
    package var baseURL: [String: String] = [:]
    /// The vendor takes form encoding only; JSON is turned into it.
    package var formOnly = false
    /// `v1` when SDK base URLs double it in the gateway.
    package var versionPrefix: String?
    /// Fields which select an account, an organisation or a mode: refused unless the policy lists the value. Lower case.
    package var pinnedFields: [String] = []
    /// Fields which select an API version: left out unless the policy lists the value, so that SDKs work as they come.
    package var versionFields: [String] = []
    /// Parameters of queries and forms that select the same past those fields: refused, whatever a policy lists.
    package var pinnedParameters: [String] = [] {
        didSet { refusedParameters = ParameterNames(MethodOverride.all + pinnedParameters) }
    }
    private(set) var refusedParameters = ParameterNames(MethodOverride.all)
    /// A path whose `{account}` segment must be `account`: `/2010-04-01/Accounts/{account}`.
    package var accountInPath: String?
    package var account: String?
    package var minorUnits: [String: Int] = [:]
    package var defaultMinorUnits = 2
    package var idempotency: Idempotency?
    package var objectID: JSONPath?
    /// Kinds of objects that hold money.
    package var objects: [String: ObjectKind] = [:]
    package var requestIDField: String?
    /// Statuses which prove that the vendor did not act.
    package var noCharge: Set<Int> = []
    package var errorTemplate: String?
    package var errorContentType = "application/problem+json"
    package var capStatus = 429
    /// The SSE event with which a stream is cut.
    package var eventsError: String?
    package var scrub = true
    package var operations: [Operation] = [] {
        didSet { table = OperationTable(operations, primaryHost: hosts.first ?? "") }
    }
    package private(set) var table = OperationTable([], primaryHost: "")
    package var dial = Dial()
    package var place: Place?
    /// Made once, when the rules are complete: its search tables are dearer than a request.
    private(set) var scrubber = Scrubber()

    package init(name: String) { self.name = name }

    mutating func prepare() {
        scrubber = credential.map { scrub ? Scrubber($0, scheme: scheme) : Scrubber() } ?? Scrubber()
    }

    package var primaryHost: String { hosts.first ?? "" }

    /// Whether a field in which SDKs send the key holds one of the vendor's own, not a placeholder of ours.
    func showsRealCredential(_ fields: Fields, _ parameters: [[UInt8]]) -> Bool {
        let shown = keyFields.flatMap { fields.all($0) } + parameters.map { $0[...] }
        return shown.contains(where: isKey)
    }

    /// Whether a value is one of the vendor's own keys, alone or behind a scheme.
    func isKey(_ value: ArraySlice<UInt8>) -> Bool {
        let key = value.lastIndex(of: 0x20).map { value[($0 + 1)...] } ?? value
        // Real keys are long; placeholders are words.
        guard key.count >= 24, keyPrefixes.contains(where: { key.starts(with: $0.prefix.utf8) }) else { return false }
        return !environment.values.contains { key.elementsEqual($0.utf8) }
    }

    /// test or live, as the credential's prefix tells; nil when it doesn't.
    package var mode: String? {
        guard let secret = credential?.reveal() else { return nil }
        return keyPrefixes.first { secret.starts(with: $0.prefix.utf8) }.flatMap { $0.mode == "any" ? nil : $0.mode }
    }
}

/// How a credential is put into a request.
package enum CredentialScheme: Sendable, Equatable {
    case bearer
    /// The credential is `user:password`; the user half is public.
    case basic
    case field(name: String, prefix: String)
    case query(name: String)

    /// Whether it goes into the field of this name: what a client puts there never goes upstream.
    func isPut(in name: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .bearer, .basic: ASCII.equal(name, "authorization")
        case .field(let own, _): name.elementsEqual(own.utf8) { ASCII.lower($0) == ASCII.lower($1) }
        case .query: false
        }
    }

    /// The query parameter that the credential goes into.
    var parameter: String? { if case .query(let name) = self { name } else { nil } }
}

/// What a vendor's own keys look like.
package struct KeyPrefix: Sendable, Equatable {
    package var prefix: String
    /// `test`, `live` or `any`.
    package var mode: String

    package init(prefix: String, mode: String) { (self.prefix, self.mode) = (prefix, mode) }
}

/// One thing that a vendor can be asked to do.
package struct Operation: Sendable {
    /// The name that allowlists use: `payment_intents.create`.
    package var name: String
    package var endpoint: EndpointPattern
    package var price: PriceRule? { didSet { retitle() } }
    /// Why no wildcard reaches it.
    package var sensitive: String?
    /// Why it is never allowed.
    package var refused: String?
    package var place: Place? { didSet { retitle() } }
    /// What records call its price rule, when it has one or is free to read: `flat (proxy.conf:31)`.
    private(set) var priceTitle = PriceRule.free.name

    package init(name: String, endpoint: EndpointPattern) { (self.name, self.endpoint) = (name, endpoint) }

    private mutating func retitle() { priceTitle = Place.text((price ?? .free).name, place) }
}

/// The keys to a value in a JSON answer: `usage.total`, as `["usage", "total"]`.
package struct JSONPath: Sendable, Hashable {
    package var keys: [String]

    package init(_ text: String) { keys = text.split(separator: ".").map(String.init) }
}
