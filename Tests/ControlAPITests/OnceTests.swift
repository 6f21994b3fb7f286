import Core
import Foundation
import NIOConcurrencyHelpers
import SQLiteStore
import Testing

@testable import ControlAPI

@Suite struct `A key that is asked for with an Idempotency-Key` {
    private static let secret = "a-program's-own-secret"

    private func desk() throws -> Desk {
        try Desk { rules in
            rules.trusted = [TrustedProgram(name: "shop", digest: SecretDigest(of: Self.secret), runs: Glob("*"))]
        }
    }

    private func order(_ label: String = "a", _ expires: String = "5m") -> String {
        #"{"label":"\#(label)","vendor":"stripe","allowed_endpoints":["/v1/charges"],"expires_in":"\#(expires)"}"#
    }

    private func ask(
        _ caller: Caller, _ name: String, _ order: String, token: String = Desk.token
    ) async throws -> Caller.Reply {
        try await caller.call("POST", "/v1/keys", order, token: token, fields: ["Idempotency-Key": name])
    }

    @Test func `is issued once, and shown again`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let first = try await ask(caller, "task-1", order())
            let again = try await ask(caller, "task-1", order())
            #expect(first.status == 201 && again.status == 201)
            #expect(first["id"] == again["id"] && first["token"] == again["token"])
            #expect(!first.head.contains("Idempotent-Replayed") && again.head.contains("Idempotent-Replayed: true"))
            #expect(try await ask(caller, "task-2", order())["id"] != first["id"])
            #expect(try await desk.keys.count == 2)
        }
    }

    @Test func `is one when many ask at the same time`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await ask(caller, "task-1", order())["token"]?.text ?? "" } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await desk.keys.count == 1)
        }
    }

    @Test func `is refused with another content`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            _ = try await ask(caller, "task-1", order())
            let other = try await ask(caller, "task-1", order("b"))
            #expect(other.status == 422 && other["code"]?.text == "idempotency_key_reused")
            #expect(try await desk.keys.count == 1)
        }
    }

    @Test func `belongs to its issuer`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let own = try await ask(caller, "task-1", order())
            let other = try await ask(caller, "task-1", order("b"), token: Self.secret)
            #expect(other.status == 201 && other["id"] != own["id"])
        }
    }

    @Test func `is a new one when the old one has ended, or after a day`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let first = try await ask(caller, "task-1", order())["id"]
            desk.clock.advance(.seconds(300))
            let second = try await ask(caller, "task-1", order("b"))
            #expect(second.status == 201 && second["id"] != first)
            _ = try await caller.call("DELETE", "/v1/keys/\(second["id"]?.text ?? "")")
            let third = try await ask(caller, "task-1", order("c", "3d"))
            #expect(third.status == 201 && third["id"] != second["id"])
            desk.clock.advance(.seconds(86_399))
            #expect(try await ask(caller, "task-1", order("c", "3d"))["id"] == third["id"])
            desk.clock.advance(.seconds(1))
            #expect(try await ask(caller, "task-1", order("d"))["id"] != third["id"])
            #expect(try await desk.keys.count == 4)
        }
    }

    @Test(arguments: [0, 80_000]) func `is not issued a second time after a restart`(later: Int64) async throws {
        let desk = try desk()
        let id = try await desk.serve { caller in try await ask(caller, "task-1", order("a", "3d"))["id"]?.text }
        desk.clock.advance(.seconds(later))
        let restarted = Sidecar(
            rules: desk.sidecar.rules, vaultStore: desk.store, ledger: desk.store, audit: desk.store,
            clock: desk.clock.read)
        let name = OrderName(issuer: "the admin token", name: "task-1", content: SecretDigest(of: "x"))
        let key = KeyOrder(label: "a", vendor: "stripe", endpoints: [], caps: Caps(), lifetime: .seconds(60))
        let gone = OnceProblem.tokenGone(keyID: try #require(id))
        await #expect(throws: gone) {
            try await restarted.vault.issue(key, once: name)
        }
        #expect(try await desk.keys.count == 1)
        desk.clock.advance(.seconds(86_400))
        #expect(try await restarted.vault.issue(key, once: name).key.id != id)
    }

    @Test func `may be asked for again when the store failed`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            await desk.store.close()
            for _ in 0..<2 {
                let answer = try await ask(caller, "task-1", order())
                #expect(answer.status == 503)
            }
        }
    }

    @Test(arguments: [" ", String(repeating: "a", count: 256), "\u{7F}"])
    func `is refused under an impossible name`(name: String) async throws {
        let desk = try desk()
        try await desk.serve { caller in
            let answer = try await ask(caller, name, order())
            #expect(answer.status == 400, "\(answer.text)")
        }
    }

    @Test func `is on record, once, with who asked`() async throws {
        let desk = try desk()
        try await desk.serve { caller in
            for _ in 0..<2 { _ = try await ask(caller, "task-1", order(), token: Self.secret) }
            await desk.store.flush()
            let notes = try await caller.call("GET", "/v1/audit?decision=note").text
            #expect(notes.components(separatedBy: "issued by program shop").count == 2, "\(notes)")
        }
    }
}
