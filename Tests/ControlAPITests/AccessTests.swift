import Core
import NIOConcurrencyHelpers
import SQLiteStore
import Testing

@testable import ControlAPI

@Suite struct `A request that must not use the control API` {
    @Test(arguments: ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "api.keybrake.com"])
    func `comes by a foreign name`(host: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            for path in ["/v1/keys", "/status", "/healthz"] {
                let answer = try await caller.call("GET", path, fields: ["Host": host])
                #expect(answer.status == 421)
                #expect(answer["code"]?.text == "authority_mismatch")
            }
        }
    }

    @Test func `has a second Host`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let lines =
                "GET /status HTTP/1.1\r\nHost: 127.0.0.1:\(caller.port)\r\nHost: evil\r\nConnection: close\r\n\r\n"
            let answer = try await caller.raw(Array(lines.utf8))
            #expect(answer.status == 400)
        }
    }

    @Test(arguments: [
        ["Origin": "https://evil.example"], ["Origin": "null"], ["Origin": "http://127.0.0.1:4700"],
        ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"],
    ])
    func `comes from a web page`(fields: [String: String]) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            for (method, path) in [
                ("GET", "/v1/keys"), ("POST", "/v1/runs"), ("GET", "/status"), ("OPTIONS", "/v1/keys"),
            ] {
                let answer = try await caller.call(method, path, fields: fields)
                #expect(answer.status == 403)
                #expect(answer["code"]?.text == "origin_not_allowed")
                #expect(!answer.head.lowercased().contains("access-control"))
            }
        }
        #expect(try await desk.runs.isEmpty)
    }

    @Test func `from our own page passes`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let fields = ["Origin": "http://127.0.0.1:\(caller.port)", "Sec-Fetch-Site": "same-origin"]
            let answer = try await caller.call("GET", "/v1/keys", fields: fields)
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
    func `writes with a type that a form can send`(type: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#, fields: ["Content-Type": type])
            #expect(answer.status == 415)
        }
        #expect(try await desk.runs.isEmpty)
    }

    @Test(arguments: [
        (401, "credential_missing", ""), (401, "credential_invalid", "Bearer wrong"),
        (401, "credential_invalid", "Bearer "), (401, "credential_invalid", "\(Desk.token)"),
        (401, "credential_invalid", "Bearer \(Desk.token)x"), (403, "agent_credential", "Bearer vault_key_abc"),
        (403, "agent_credential", "Bearer vk_abc"), (403, "agent_credential", "Bearer run_secret_abc"),
        (403, "agent_credential", "Basic cnVuOnNlY3JldA=="),
    ])
    func `shows no token of ours`(status: Int, code: String, value: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            for (method, path) in [
                ("GET", "/v1/keys"), ("DELETE", "/v1/runs/r1"), ("GET", "/metrics"), ("POST", "/v1/reload"),
            ] {
                let answer = try await caller.call(method, path, token: nil, fields: ["Authorization": value])
                #expect(answer.status == status)
                #expect(answer["code"]?.text == code)
            }
        }
        #expect(try await desk.runs.isEmpty)
    }

    @Test func `shows a live run's secret or a live key`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let run = try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#)
            let order = #"{"label":"a","vendor":"stripe","allowed_endpoints":[]}"#
            let key = try await caller.call("POST", "/v1/keys", order)
            for secret in [run["secret"]?.text, key["token"]?.text] {
                let answer = try await caller.call("POST", "/v1/runs", token: secret)
                #expect(answer.status == 403)
            }
        }
    }

    @Test func `is longer than any call`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let long = #"{"label":""# + String(repeating: "a", count: 70_000) + #""}"#
            let answer = try await caller.call("POST", "/v1/keys", long)
            #expect(answer.status == 413)
            let unknown = try await caller.call("POST", "/v1/keys", long, token: nil)
            #expect(unknown.status == 401)
        }
    }

    @Test func `asks for what is not there`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            for path in ["/", "/v1", "/v1/keys/", "/v1//keys", "/V1/keys", "/v1/keys/a/b", "/v1/keys/%zz"] {
                let answer = try await caller.call("GET", path)
                #expect(answer.status == 404, "\(path)")
                #expect(answer["code"]?.text == "not_found")
            }
            let answer = try await caller.call("PUT", "/v1/keys")
            #expect(answer.status == 405)
            #expect(answer.head.contains("Allow: POST, GET"))
        }
    }
}

@Suite struct `While the store fails` {
    @Test func `calls that need it say so, and its cause stays inside`() async throws {
        let desk = try Desk()
        await desk.store.close()
        try await desk.serve { caller in
            let order = #"{"label":"a","vendor":"stripe","allowed_endpoints":[]}"#
            let calls = [
                ("POST", "/v1/keys", order), ("GET", "/v1/keys", ""), ("DELETE", "/v1/keys/k", ""),
                ("POST", "/v1/runs", ""), ("DELETE", "/v1/runs/r1", ""), ("GET", "/v1/audit", ""),
                ("GET", "/v1/audit/verify", ""), ("GET", "/v1/holds", ""), ("GET", "/v1/explain?request_id=a", ""),
            ]
            for (method, path, content) in calls {
                let answer = try await caller.call(method, path, content)
                #expect(answer.status == 503, "\(method) \(path)")
                #expect(answer["code"]?.text == "store_unavailable")
                #expect(answer.head.contains("Retry-After: 1"))
                #expect(!answer.text.contains(desk.folder.path))
            }
        }
        #expect(desk.logged.withLockedValue { $0.contains { $0.hasPrefix("store unavailable: ") } })
    }

    @Test func `a revocation holds all the same`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            _ = try await caller.call("POST", "/v1/runs", #"{"id":"r1"}"#)
            await desk.store.close()
            let answer = try await caller.call("DELETE", "/v1/runs/r1")
            #expect(answer.status == 503)
            #expect(desk.sidecar.vault.liveRun("r1")?.revokedAt != nil)
        }
    }
}
