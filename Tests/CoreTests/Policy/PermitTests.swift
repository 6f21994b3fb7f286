import Testing

@testable import Core

@Suite struct `A permit` {
    private func check(
        _ endpoints: [String], _ method: Core.Method, _ path: String, _ fields: [(String, String)] = [],
        vendor: Vendor = Example.vendor(), pinned: [String: [String]] = [:], host: String? = nil
    ) throws -> Refusal? {
        var key = VaultKey(
            id: "k", digest: SecretDigest(of: "k"), label: "l", vendor: vendor.name,
            endpoints: try endpoints.map { try vendor.endpoint($0) }, caps: Caps(), createdAt: .start, expiresAt: .start
        )
        key.pinned = pinned
        let target = Target(
            vendor: vendor, host: host ?? vendor.primaryHost, method: method, path: try CanonicalPath(bytes(path)),
            way: .intercept)
        return refusal { () throws(Refusal) in
            let grant = try Grant(
                caller: Caller(run: nil, key: key, program: nil), key: key, policy: nil, target, Rules())
            return try Permit.check(grant, target, Fields(fields), Example.rules())
        }
    }

    @Test(arguments: [
        (["/*"], "/v1/charges", true), (["POST /v1/payment_intents"], "/v1/payment_intents", true),
        ([], "/v1/charges", false),
        (["GET /*"], "/v1/charges", false), (["payment_intents.create"], "/v1/payment_intents", true),
        (["payment_intents.create"], "/v1/payment_intents/pi_1", false), (["files.stripe.com/*"], "/v1/charges", false),
    ]) func `needs an entry of the allowlist`(_ endpoints: [String], _ path: String, _ passes: Bool) throws {
        #expect(try check(endpoints, .post, path)?.code == (passes ? nil : "endpoint_not_allowed"))
    }

    @Test(arguments: [
        "/v1/ephemeral_keys", "/V1/EPHEMERAL_KEYS", "/v1/ephemeral_keys/", "/v1/tokens:mint", "/v1/tokens%3Amint",
    ])
    func `is not given for a sensitive endpoint by any wildcard`(_ path: String) throws {
        for endpoints in [["/*"], ["/v1/*"], ["POST /v1/*"], ["/v1/{id}"], ["/*/*"]] {
            #expect(try check(endpoints, .post, path)?.code == "endpoint_not_allowed", "\(endpoints)")
        }
    }

    @Test func `is given for a sensitive endpoint that is named`() throws {
        #expect(try check(["ephemeral_keys.create"], .post, "/v1/ephemeral_keys") == nil)
        #expect(try check(["/v1/ephemeral_keys"], .post, "/v1/ephemeral_keys") == nil)
        #expect(try check(["/v1/ephemeral_keys"], .post, "/v1/Ephemeral_keys") != nil)
    }

    @Test func `is never given for what is always refused`() throws {
        #expect(try check(["/v1/account", "/*"], .delete, "/v1/account")?.code == "endpoint_not_allowed")
    }

    @Test func `pins fields that select an account`() throws {
        let field = [("Stripe-Account", "acct_1")]
        #expect(try check(["/*"], .post, "/v1/x", field)?.code == "account_not_allowed")
        #expect(try check(["/*"], .post, "/v1/x", field, pinned: ["stripe-account": ["acct_1"]]) == nil)
        let two = field + [("stripe-account", "acct_2")]
        #expect(
            try check(["/*"], .post, "/v1/x", two, pinned: ["stripe-account": ["acct_1"]])?.code
                == "account_not_allowed")
        #expect(try check(["/*"], .post, "/v1/x", [("Stripe-Account", "")])?.code == "account_not_allowed")
    }

    @Test func `leaves version fields to be dropped unless the policy lists one`() throws {
        let field = [("Stripe-Version", "2020-01-01")]
        #expect(try check(["/*"], .post, "/v1/x", field) == nil)
        #expect(try check(["/*"], .post, "/v1/x", field, pinned: ["stripe-version": ["2020-01-01"]]) == nil)
        #expect(
            try check(["/*"], .post, "/v1/x", field, pinned: ["stripe-version": ["2026"]])?.code
                == "account_not_allowed")
    }

    @Test(arguments: [
        ("/2010-04-01/Accounts/AC123/Messages.json", true), ("/2010-04-01/Accounts/AC123.json", true),
        ("/2010-04-01/Accounts/AC999/Messages.json", false), ("/2010-04-01/accounts/AC999/Messages.json", false),
        ("/2010-04-01/Accounts/AC123x", false), ("/2010-04-01/Accounts/ac123", false),
        ("/2010-04-01/Accounts/AC999.json", false),
        ("/2010-04-01/Accounts.json", true),
    ]) func `pins the account in the path`(_ path: String, _ passes: Bool) throws {
        let result = try? check(["/*"], .post, path, vendor: Example.telephone())
        #expect((result == .some(nil)) == passes)
    }

    @Test(arguments: [
        "X-HTTP-Method-Override", "x-method-override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL",
    ])
    func `is not given to requests that override themselves`(_ field: String) throws {
        #expect(try check(["/*"], .post, "/v1/x", [(field, "DELETE")])?.code == "malformed_request")
    }

    @Test func `prices HEAD as GET`() throws {
        #expect(try check(["GET /*"], .head, "/v1/lookups/x")?.code == "endpoint_not_allowed")
    }
}
