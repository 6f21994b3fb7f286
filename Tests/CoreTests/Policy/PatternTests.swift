import Testing

@testable import Core

@Suite struct `A glob` {
    @Test(arguments: [
        ("billing-*", "billing-7", true), ("billing-*", "billing-", true), ("billing-*", "xbilling-7", false),
        ("*", "", true), ("", "", true), ("", "x", false), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
        ("a*a", "a", false), ("Billing-*", "billing-7", false), ("a?c", "abc", false), ("**", "x", true),
    ]) func `stands for whole names`(_ pattern: String, _ name: String, _ matches: Bool) {
        #expect(Glob(pattern).matches(name) == matches)
    }

    @Test func `costs little when many stars meet many letters`() {
        let name = String(repeating: "a", count: 2000)
        #expect(!Glob(String(repeating: "a*", count: 200) + "b").matches(name))
    }
}

@Suite struct `An operation` {
    private func table() throws -> OperationTable {
        let known = [("create", "POST /Messages.json"), ("update", "POST /Messages/*"), ("fetch", "GET /Messages/*")]
        let operations = try known.map { Operation(name: $0, endpoint: try EndpointPattern($1, exact: true)) }
        return OperationTable(operations, primaryHost: "api.twilio.com")
    }

    @Test(arguments: [
        ("/Messages.json", "create"), ("/messages.JSON", "create"), ("/Messages/SM1", "update"),
        ("/Messages/SM1.json", "update"), ("/Messages/.github", "update"), ("/Messages/json", "update"),
        ("/Messages/.json", nil), ("/Messages/.JSON", nil), ("/Messages/.csv", nil),
    ]) func `is not found by an empty name with a format behind it`(_ path: String, _ expected: String?) throws {
        let segments = try CanonicalPath(bytes(path)).segments
        #expect(try table().match(.post, host: "api.twilio.com", segments: segments)?.name == expected)
    }
}

@Suite struct `An endpoint pattern` {
    private static let vendor = Example.vendor()

    private func matches(_ pattern: String, _ method: Core.Method, _ path: String, host: String = "api.stripe.com")
        throws -> Bool
    {
        let target = Target(
            vendor: Self.vendor, host: host, method: method, path: try CanonicalPath(bytes(path)), way: .intercept)
        return try EndpointPattern(pattern).matches(target)
    }

    @Test(arguments: [
        ("/v1/charges", "/v1/charges", true), ("/v1/charges", "/v1/charges/", true),
        ("/v1/charges", "/v1/Charges", false),
        ("/v1/charges", "/v1/charges/x", false), ("/v1/*/x", "/v1/a/x", true), ("/v1/*/x", "/v1/a/b/x", false),
        ("/v1/*/x", "/v1/x", false), ("/v1/*", "/v1/a", true), ("/v1/*", "/v1/a/b/c", true), ("/v1/*", "/v1", false),
        ("/*", "/", false), ("/*", "/x", true), ("/v1/{id}", "/v1/a", true), ("/v1/{id}", "/v1/a/b", false),
        ("/v1/a:b", "/v1/a%3Ab", true), ("/v1/a%3ab", "/v1/a:b", true),
    ]) func `means paths`(_ pattern: String, _ path: String, _ expected: Bool) throws {
        #expect(try matches(pattern, .post, path) == expected)
    }

    @Test func `means methods and hosts`() throws {
        #expect(try matches("GET,POST /v1/x", .post, "/v1/x"))
        #expect(try !matches("GET /v1/x", .post, "/v1/x"))
        #expect(try !matches("/v1/x", .post, "/v1/x", host: "files.stripe.com"))
        #expect(try matches("files.stripe.com/v1/x", .post, "/v1/x", host: "files.stripe.com"))
    }

    @Test(arguments: ["v1", "get /x", "CONNECT /x", "GET  /x", "GET POST /x", "/v1/a*", "/v1/a b", "/v1/?x", ""])
    func `is refused when it is malformed`(_ text: String) {
        #expect(throws: EndpointPattern.Problem.self) { try EndpointPattern(text) }
    }
}

@Suite struct `The catalogue's operations` {
    private func name(_ method: Core.Method, _ path: String, host: String = "api.stripe.com") throws -> String? {
        Target(
            vendor: Example.vendor(), host: host, method: method, path: try CanonicalPath(bytes(path)), way: .intercept
        ).operation?.name
    }

    @Test func `are found by the most specific path`() throws {
        #expect(try name(.post, "/v1/payment_intents") == "payment_intents.create")
        #expect(try name(.get, "/v1/payment_intents/search") == "payment_intents.search")
        #expect(try name(.get, "/v1/payment_intents/pi_1") == "payment_intents.fetch")
        #expect(try name(.post, "/v1/payment_intents/pi_1/extra") == nil)
        #expect(try name(.post, "/v1/payment_intents", host: "files.stripe.com") == nil)
    }

    @Test func `are found in every spelling that an origin may take for theirs`() throws {
        for path in ["/v1/ephemeral_keys", "/V1/Ephemeral_Keys", "/v1/ephemeral_keys/", "/v1/EPHEMERAL_KEYS/"] {
            #expect(try name(.post, path) == "ephemeral_keys.create")
        }
        #expect(try name(.post, "/v1/tokens%3Amint") == "tokens.mint")
    }

    @Test func `are for HEAD what they are for GET`() throws {
        #expect(try name(.head, "/v1/lookups/x") == "lookups.fetch")
        #expect(try name(.options, "/v1/lookups/x") == nil)
    }
}
