import Core
import Testing

@testable import ControlAPI

@Suite struct `A stop` {
    @Test func `is made, listed, shown in status, on record, and lifted`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let made = try await caller.call("POST", "/v1/stops", #"{"label":"acme:*","for":"1h","reason":"a loop"}"#)
            #expect(made.status == 201)
            let id = try #require(made["id"]?.text)
            #expect(made["target"]?.text == "label=acme:*" && made["until"]?.text == "2026-11-24T03:11:04Z")
            let listed = try await caller.call("GET", "/v1/stops")
            #expect(listed.text.contains(id) && listed.text.contains("a loop"))
            #expect(try await caller.call("GET", "/status").text.contains(id))
            #expect(try await caller.call("DELETE", "/v1/stops/\(id)").status == 200)
            #expect(try await caller.call("DELETE", "/v1/stops/\(id)")["code"]?.text == "unknown_stop")
            #expect(try await !caller.call("GET", "/v1/stops").text.contains(id))
        }
    }

    @Test func `of one run is found among the records of that run`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let made = try await caller.call("POST", "/v1/stops", #"{"run":"r1","reason":"a loop"}"#)
            _ = try await caller.call("POST", "/v1/stops", #"{"run":"r*"}"#)
            let id = try #require(made["id"]?.text)
            _ = try await caller.call("DELETE", "/v1/stops/\(id)")
            guard case .array(let records) = try await caller.call("GET", "/v1/audit?run_id=r1")["records"] else {
                return
            }
            #expect(
                records.map { $0["reason"]?.text } == [
                    "run=r1 stopped by the admin token: a loop (\(id))", "run=r1 goes on, says the admin token (\(id))",
                ])
        }
    }

    @Test func `of a tag blocks the issuing of keys with it`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let made = try await caller.call("POST", "/v1/stops", #"{"tag":{"user":"42"}}"#)
            #expect(made["target"]?.text == "tag.user=42")
            let order = #"{"label":"a","vendor":"stripe","allowed_endpoints":[],"tags":{"user":"#
            #expect(try await caller.call("POST", "/v1/keys", order + "42}}")["code"]?.text == "stopped")
            #expect(try await caller.call("POST", "/v1/keys", order + "43}}").status == 201)
        }
    }

    @Test func `blocks the issuing of keys`() async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let order = #"{"label":"acme:1","vendor":"stripe","allowed_endpoints":["/*"]}"#
            #expect(try await caller.call("POST", "/v1/keys", order).status == 201)
            _ = try await caller.call("POST", "/v1/stops", #"{"label":"acme:*","reason":"incident 42"}"#)
            let refused = try await caller.call("POST", "/v1/keys", order)
            #expect(refused.status == 403 && refused["code"]?.text == "stopped")
            #expect(refused.text.contains("incident 42"))
            let other = #"{"label":"other:1","vendor":"stripe","allowed_endpoints":["/*"]}"#
            #expect(try await caller.call("POST", "/v1/keys", other).status == 201)
        }
    }

    @Test(arguments: [
        ("run", "{}"), ("all", #"{"all":false}"#), ("all", #"{"all":"yes"}"#), ("label", #"{"label":""}"#),
        ("label", #"{"run":"a","label":"b"}"#), ("vendor", #"{"vendor":"nobody"}"#), ("policy", #"{"policy":"none"}"#),
        ("for", #"{"all":true,"for":"soon"}"#), ("for", #"{"all":true,"for":0}"#), ("tag", #"{"tag":"x"}"#),
        ("tag", #"{"tag":{"a":"1","b":"2"}}"#), ("tag", #"{"tag":{}}"#), ("tag", #"{"tag":{"A":"1"}}"#),
        ("label", #"{"label":5}"#),
    ])
    func `names the field that is wrong, and stops nothing`(field: String, content: String) async throws {
        let desk = try Desk()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/stops", content)
            #expect(answer.status == 400)
            #expect(answer["field"]?.text == field, "\(answer.text)")
            #expect(desk.sidecar.stops.all.isEmpty)
        }
    }
}
