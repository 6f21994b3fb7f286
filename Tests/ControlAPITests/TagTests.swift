import Core
import Testing

@testable import ControlAPI

@Suite struct `Tags over the API` {
    private func desk() throws -> Desk {
        try Desk { rules in
            rules.tagRules.templates = [LabelTemplate("tenant-{tenant}-{user}-{run}")].compactMap(\.self)
            rules.tagRules.required = ["tenant"]
            rules.policies = [try Desk.policy()]
        }
    }

    private func order(_ label: String, _ more: String = "") -> String {
        #"{"label":"\#(label)","vendor":"stripe","allowed_endpoints":[]\#(more)}"#
    }

    @Test func `come from the order and the label, and find keys again`() async throws {
        try await desk().serve { caller in
            let made = try await caller.call(
                "POST", "/v1/keys", order("tenant-acme-42-7", #","tags":{"team":"a b","size":7}"#))
            #expect(made.status == 201)
            #expect(made.text.contains(#""tags":{"size":"7","team":"a b","tenant":"acme","user":"42"}"#))
            #expect(try await caller.call("POST", "/v1/keys", order("tenant-evil-42-8")).status == 201)
            let found = try await caller.call("GET", "/v1/keys?tag.tenant=ac*&tag.user=42")
            #expect(found.text.contains("tenant-acme-42-7") && !found.text.contains("evil"))
            #expect(try await caller.call("GET", "/v1/keys?tag.team=b").text.contains(#""keys":[]"#))
            #expect(try await caller.call("GET", "/v1/keys?tag.Team=b").status == 400)
        }
    }

    @Test(arguments: [
        ("tags.tenant", "free text", ""), ("label", "tenant-acme-corp-42-7", ""),
        ("tags.tenant", "tenant-acme-42-7", #","tags":{"tenant":"other"}"#),
        ("tags.user", "r", #","tags":{"tenant":"acme","user":"43"},"run_id":"r1""#),
    ])
    func `that are missing, unclear or contradict each other make no key`(
        field: String, label: String, more: String
    ) async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let run = #"{"id":"r1","tags":{"tenant":"acme","user":"42"}}"#
            #expect(try await caller.call("POST", "/v1/runs", run).status == 201)
            let answer = try await caller.call("POST", "/v1/keys", order(label, more))
            #expect(answer.status == 400 && answer["field"]?.text == field, "\(answer.text)")
        }
        #expect(try await desk.keys.isEmpty)
    }

    @Test func `of a run go to its keys, and are required of it`() async throws {
        try await desk().serve { caller in
            let run = #"{"id":"r1","tags":{"tenant":"acme","user":"42"}}"#
            let made = try await caller.call("POST", "/v1/runs", run)
            #expect(made.status == 201 && made.text.contains(#""tags":{"tenant":"acme","user":"42"}"#))
            let key = try await caller.call("POST", "/v1/keys", order("free text", #","run_id":"r1""#))
            #expect(key.text.contains(#""tags":{"tenant":"acme","user":"42"}"#))
            #expect(try await caller.call("GET", "/v1/runs?tag.user=42").text.contains("r1"))
            #expect(try await caller.call("GET", "/v1/runs?tag.user=4").text.contains(#""runs":[]"#))
            let none = try await caller.call("POST", "/v1/runs", #"{"id":"billing-9"}"#)
            #expect(none.status == 400 && none["field"]?.text == "tags.tenant")
        }
    }
}
