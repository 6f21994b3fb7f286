import Testing

@testable import Core

@Suite struct `A refused request` {
    /// One request for each refusal that the exchange itself can give before anything is sent.
    struct Case: Sendable, CustomTestStringConvertible {
        let code: String
        /// Whether the caller was known, so that it is recorded.
        var recorded = true
        let ask: @Sendable (World) async throws -> (Arrival, FakeClient)

        var testDescription: String { code }
    }

    static let cases: [Case] = [
        Case(code: "malformed_request") {
            ($0.tunnelled(.post, "/v1/x", [("X-Method-Override", "DELETE")]), FakeClient())
        },
        Case(code: "path_not_canonical", recorded: false) { ($0.tunnelled(.get, "/v1/../x"), FakeClient()) },
        Case(code: "amount_ambiguous") { $0.payment("amount=+5&currency=usd") },
        Case(code: "credential_missing", recorded: false) {
            ($0.direct(.get, "/stripe/v1/x", [("Host", "localhost:4700")]), FakeClient())
        },
        Case(code: "vault_key_invalid", recorded: false) {
            ($0.tunnelled(.get, "/v1/x", [("Authorization", "Bearer vault_key_x")]), FakeClient())
        },
        Case(code: "vault_key_expired", recorded: false) { world in
            let (_, token) = try await world.issue()
            world.pass(.seconds(3601))
            return (world.tunnelled(.get, "/v1/x", [("Authorization", token)]), FakeClient())
        },
        Case(code: "vault_key_revoked", recorded: false) { world in
            let (key, token) = try await world.issue()
            _ = try await world.vault.revoke(keyID: key.id)
            return (world.tunnelled(.get, "/v1/x", [("Authorization", token)]), FakeClient())
        },
        Case(code: "endpoint_not_allowed") { ($0.tunnelled(.post, "/v1/ephemeral_keys"), FakeClient()) },
        Case(code: "account_not_allowed") {
            ($0.tunnelled(.get, "/v1/x", [("Stripe-Account", "acct_1")]), FakeClient())
        },
        Case(code: "host_not_allowed", recorded: false) {
            ($0.direct(.get, "http://evil.com/", [("Host", "evil.com")]), FakeClient())
        },
        Case(code: "vendor_not_granted") { world in
            let (_, token) = try await world.issue(vendor: "twilio", runID: "billing-7")
            return (
                world.direct(.get, "/stripe/v1/x", [("Host", "localhost:4700"), ("Authorization", token)]), FakeClient()
            )
        },
        Case(code: "cost_unknown") { ($0.tunnelled(.post, "/v1/payment_links"), FakeClient()) },
        Case(code: "ceiling_exceeded", recorded: false) { world in
            var rules = world.rules
            rules.trusted[0].ceiling.policies = ["phones"]
            world.sidecar.replace(rules)
            let django = world.credential("django", "program-secret")
            return (world.tunnelled(credential: django, runID: "billing-9"), FakeClient())
        },
        Case(code: "run_revoked", recorded: false) { world in
            _ = try await world.vault.revoke(runID: "billing-7")
            return (world.tunnelled(), FakeClient())
        },
        Case(code: "run_expired", recorded: false) { world in
            _ = try await world.vault.end(runID: "billing-7")
            return (world.tunnelled(), FakeClient())
        },
        Case(code: "unknown_vendor", recorded: false) {
            ($0.direct(.get, "/nobody/x", [("Host", "localhost:4700")]), FakeClient())
        },
        Case(code: "proxy_authentication_required", recorded: false) {
            ($0.direct(.get, "http://api.stripe.com/v1/x", [("Host", "api.stripe.com")]), FakeClient())
        },
        Case(code: "request_timeout") { world in
            (world.payment().0, FakeClient(broken: .requestTimeout))
        },
        Case(code: "content_too_large") {
            $0.payment("amount=5&currency=usd&x=" + String(repeating: "x", count: 1 << 20))
        },
        Case(code: "authority_mismatch", recorded: false) { world in
            var arrival = world.tunnelled(.get, "/v1/x")
            arrival.head.fields = Fields([("Host", "evil.com")])
            return (arrival, FakeClient())
        },
        Case(code: "cap_exhausted") { $0.payment("amount=10001&currency=usd") },
        Case(code: "store_unavailable") { world in
            _ = try await world.vault.exchange(
                world.vault.assumed("billing-7"), for: "stripe", world.rules.policy(for: "billing-7", "stripe"))
            world.store.breaks("disk full")
            return world.payment()
        },
        Case(code: "credential_unavailable") {
            ($0.tunnelled(.get, "/x", host: "api.absent.com"), FakeClient())
        },
    ]

    /// Where the others are tested: they come of bytes, of sockets or of the origin.
    static let elsewhere: [Refusal: String] = [
        .methodNotAllowed: "HeadParserTests", .headTooLarge: "HeadParserTests", .upgradeNotSupported: "HeadParserTests",
        .originUnreachable: "SettlingTests", .originTLSFailed: "SettlingTests", .originAddressRefused: "SettlingTests",
        .originProtocolError: "SettlingTests", .originTimeout: "SettlingTests", .overloaded: "SettlingTests",
        .stopped("", reason: ""): "StopTests", .fieldNotAllowed("", ""): "FieldRuleTests",
        .replayOfAnother: "ReplayTests",
    ]

    @Test(arguments: cases) func `is not sent, holds nothing, and is counted`(_ refused: Case) async throws {
        let world = try await World()
        let (arrival, client) = try await refused.ask(world)
        let origin = FakeOrigin(200)
        await world.answer(arrival, client, from: origin)
        #expect(client.refusal?.code == refused.code)
        #expect(client.said == [.refused(refused.code)])
        #expect(origin.requests.isEmpty)
        #expect(world.spent == Balance.Sums() && world.closings.isEmpty)
        #expect(world.sidecar.activity.total.refusals == [refused.code: 1])
        #expect(world.sidecar.activity.total.unidentified == (world.sidecar.activity.total.refusedRuns.isEmpty ? 1 : 0))
    }

    @Test(arguments: cases) func `is recorded when its caller is known, and only then`(_ refused: Case) async throws {
        guard refused.code != "vendor_not_granted" else { return }
        let world = try await World()
        let (arrival, client) = try await refused.ask(world)
        await world.answer(arrival, client, from: FakeOrigin(200))
        #expect(world.decisions.map(\.code) == (refused.recorded ? [refused.code] : []))
        #expect(client.state.withLockedValue { $0.context?.identified } == refused.recorded)
    }

    @Test func `has a code of its own, and each is produced by a test`() {
        let all = Refusal.all
        #expect(Set(all.map(\.code)).count == all.count)
        let produced = Set(Self.cases.map(\.code) + Self.elsewhere.keys.map(\.code))
        #expect(all.map(\.code).filter { !produced.contains($0) } == [])
    }
}

/// Rails and others turn a POST with a parameter `_method` into that method.
@Suite struct `A form that overrides its method` {
    private static let form = "application/x-www-form-urlencoded"
    private static let part = "--b\r\nContent-Disposition: form-data; NAME=\"_method\"\r\n\r\nDELETE\r\n--b--\r\n"

    @Test(arguments: [
        // Read because of its price, or of its new form.
        ("/v1/payment_intents", form, "amount=500&currency=usd&%5Fmethod=DELETE", false),
        ("/v1/customers", "application/json", #"{"_method":"DELETE"}"#, false),
        // Free, however much of it is here.
        ("/v1/customers", form, "name=a&_METHOD=DELETE", true), ("/v1/customers", form, "name=a;_method=DELETE", false),
        ("/v1/customers", form + "; charset=utf-8", "bad=%zz&+_method=DELETE", false),
        ("/v1/customers", form, "_method[]=DELETE", false),
        ("/v1/customers", "multipart/form-data; boundary=b", part, true),
    ])
    func `is refused unsent`(_ path: String, _ type: String, _ content: String, _ atHand: Bool) async throws {
        let world = try await World()
        let arrival = world.tunnelled(
            .post, path, [("Content-Type", type)], framing: .fixed(Int64(content.utf8.count)))
        let client = FakeClient([content], atHand: atHand)
        let origin = FakeOrigin(200)
        await world.answer(arrival, client, from: origin)
        #expect(client.said == [.refused("malformed_request")])
        #expect(origin.requests.isEmpty)
    }

    @Test(arguments: [true, false]) func `is not what any other form does`(_ atHand: Bool) async throws {
        let world = try await World()
        let content = "name=_method&my_method=a;b&x=%zz"
        let arrival = world.tunnelled(
            .post, "/v1/customers", [("Content-Type", Self.form)], framing: .fixed(Int64(content.utf8.count)))
        let origin = FakeOrigin(200)
        await world.answer(arrival, FakeClient([content], atHand: atHand), from: origin)
        let request = try #require(origin.requests.first)
        guard case .whole(let bytes) = request.content else {
            Issue.record("not whole")
            return
        }
        #expect(String(bytes: bytes) == content)
    }
}

extension Refusal: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// One of each. `next` has no `default`: a new case does not compile until it stands here.
    static var all: [Refusal] {
        var (all, at) = ([Refusal](), Refusal?.some(.malformedRequest("x")))
        while let refusal = at {
            all.append(refusal)
            at = refusal.next
        }
        return all
    }

    private var next: Refusal? {
        let reached = CapReached(
            what: "", period: .day, cap: .zero, spent: .zero, held: .zero, inDoubt: .zero, asked: .zero, resetsAt: nil,
            place: nil)
        return switch self {
        case .malformedRequest: .pathNotCanonical("")
        case .pathNotCanonical: .amountAmbiguous("")
        case .amountAmbiguous: .credentialMissing
        case .credentialMissing: .vaultKeyInvalid
        case .vaultKeyInvalid: .vaultKeyExpired
        case .vaultKeyExpired: .vaultKeyRevoked
        case .vaultKeyRevoked: .endpointNotAllowed(attempted: "", allowed: [])
        case .endpointNotAllowed: .accountNotAllowed(field: "")
        case .accountNotAllowed: .fieldNotAllowed("", "")
        case .fieldNotAllowed: .replayOfAnother
        case .replayOfAnother: .hostNotAllowed(host: "")
        case .hostNotAllowed: .vendorNotGranted(vendor: "")
        case .vendorNotGranted: .costUnknown(reason: "", line: "")
        case .costUnknown: .ceilingExceeded(Excess(limit: "", message: ""))
        case .ceilingExceeded: .runRevoked
        case .runRevoked: .runExpired
        case .runExpired: .stopped("all", reason: "")
        case .stopped: .unknownVendor("")
        case .unknownVendor: .methodNotAllowed
        case .methodNotAllowed: .proxyAuthenticationRequired
        case .proxyAuthenticationRequired: .requestTimeout
        case .requestTimeout: .contentTooLarge(limit: 0)
        case .contentTooLarge: .headTooLarge
        case .headTooLarge: .authorityMismatch("")
        case .authorityMismatch: .capExhausted(reached)
        case .capExhausted: .upgradeNotSupported
        case .upgradeNotSupported: .originUnreachable
        case .originUnreachable: .originTLSFailed
        case .originTLSFailed: .originAddressRefused
        case .originAddressRefused: .originProtocolError
        case .originProtocolError: .originTimeout
        case .originTimeout: .storeUnavailable("")
        case .storeUnavailable: .credentialUnavailable(vendor: "")
        case .credentialUnavailable: .overloaded
        case .overloaded: nil
        }
    }
}
