import APIDocument
import Core
import Testing

@testable import ControlAPI

@Suite struct `The document of the API` {
    /// `GET /v1/keys/{}`, as routes have it.
    private static func calls(_ document: JSONValue) -> Set<String> {
        var calls: Set<String> = []
        for path in members(document["paths"]) {
            let segments = path.key.split(separator: "/", omittingEmptySubsequences: false)
            let shape = segments.map { $0.hasPrefix("{") ? "{}" : $0 }.joined(separator: "/")
            for operation in members(path.value) { calls.insert("\(operation.key.uppercased()) \(shape)") }
        }
        return calls
    }

    private static func members(_ value: JSONValue?) -> [JSONValue.Member] {
        if case .object(let members)? = value { members } else { [] }
    }

    private static func items(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let items)? = value { items } else { [] }
    }

    private static func schema(_ name: String) throws -> JSONValue? {
        try JSONValue.parse(APIDocument.bytes)["components"]?["schemas"]?[name]
    }

    @Test func `has every route, and no other`() throws {
        let routes = Route.admin.map { "\($0.method) /\($0.segments.joined(separator: "/"))" }
        let described = Self.calls(try JSONValue.parse(APIDocument.bytes))
        #expect(described == Set(routes))
        #expect(routes.count == described.count)
    }

    @Test func `is there without a token`() async throws {
        try await Desk().serve { caller in
            let answer = try await caller.call("GET", "/openapi.json", token: nil)
            #expect(answer.status == 200 && answer.head.lowercased().contains("content-type: application/json"))
            #expect(answer["openapi"]?.text == "3.1.0")
        }
    }

    @Test func `has every member of a record`() throws {
        let described = Self.members(try Self.schema("AuditRecord")?["properties"]).map(\.key)
        #expect(Set(CSV.columns).subtracting(described) == [])
    }

    /// No black box finds a hold: it takes a vendor that fails.
    @Test func `has every member of a hold, and demands none that is missing`() async throws {
        let desk = try Desk()
        try await desk.book("req_1", "20", run: "r1", .inDoubt(evidence: "timeout"))
        let schema = try Self.schema("Hold")
        try await desk.serve { caller in
            let hold = Self.items(try await caller.call("GET", "/v1/holds")["holds"]).first
            let found = Set(Self.members(hold).map(\.key))
            #expect(!found.isEmpty)
            #expect(found.subtracting(Self.members(schema?["properties"]).map(\.key)) == [])
            let required = Self.items(schema?["required"]).compactMap(\.text)
            #expect(required.contains("evidence") && Set(required).subtracting(found) == [])
        }
    }
}

@Suite struct `A number in JSON` {
    /// As the libraries of Python, Go and others write it.
    @Test(arguments: [
        ("1e-06", "0.000001"), ("5e-05", "0.00005"), ("1e3", "1000"), ("1.5E+2", "150"), ("300.0", "300"),
        ("12.50", "12.5"), ("0.0", "0"), ("-0.0", "0"), ("120e-1", "12"), ("1000000000", "1000000000"),
    ])
    func `is the same however it is written`(_ written: String, _ plain: String) {
        #expect(Number.plain(written) == plain)
    }

    @Test(arguments: ["-1", "1e99999", "1e99999999999999999999", "-1e-3"])
    func `is none of ours when it is negative or out of all proportion`(_ written: String) {
        #expect(Number.plain(written) == nil)
    }

    @Test func `may have an exponent where dollars are meant, and a fraction of zero where seconds are`() async throws {
        let desk = try Desk()
        let key = #"{"label":"a","vendor":"stripe","allowed_endpoints":[],"request_usd_cap":5e-05,"expires_in":300.0}"#
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/keys", key)
            #expect(answer.status == 201, "\(answer.text)")
        }
        let issued = try #require(try await desk.keys.first)
        #expect(issued.caps.request == Money(decimal: "0.00005"))
        #expect(issued.expiresAt == desk.clock.read() + .seconds(300))
    }
}

@Suite struct `A parameter without a value` {
    @Test(arguments: [
        "/v1/audit?since=", "/v1/audit?until=", "/v1/audit?after=", "/v1/audit?limit=", "/v1/audit?format=",
        "/v1/audit/export?until=", "/v1/spend?since=", "/v1/keys?status=", "/v1/holds?state=",
    ])
    func `is refused where it would mean everything`(_ path: String) async throws {
        try await Desk().serve { caller in
            let answer = try await caller.call("GET", path)
            #expect(answer.status == 400 && answer["code"]?.text == "malformed_request", "\(answer.text)")
        }
    }
}
