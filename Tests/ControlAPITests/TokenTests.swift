import Core
import Foundation
import NIOConcurrencyHelpers
import SQLiteStore
import Testing

@testable import ControlAPI

/// A desk whose tokens are files, as `serve` has them.
private func office() throws -> (desk: Desk, master: String) {
    var desk = try Desk()
    desk.tokens = try AdminTokens.open(directory: desk.folder.path)
    return (desk, try AdminTokens.token(directory: desk.folder.path))
}

extension Caller {
    /// Makes a token; answers it.
    fileprivate func add(_ name: String, _ role: String, _ master: String) async throws -> String {
        let answer = try await call("POST", "/v1/tokens", #"{"name":"\#(name)","role":"\#(role)"}"#, token: master)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer["token"]?.text)
    }
}

@Suite struct `A named token` {
    /// A call of each kind, and the roles that may make it.
    private static let calls: [(String, String, String, [Role])] = [
        ("GET", "/v1/keys", "", [.admin, .issuer, .reader]), ("GET", "/v1/runs", "", [.admin, .issuer, .reader]),
        ("GET", "/v1/audit", "", [.admin, .issuer, .reader]),
        ("POST", "/v1/keys", #"{"label":"a","vendor":"stripe","allowed_endpoints":[]}"#, [.admin, .issuer]),
        ("POST", "/v1/runs", "{}", [.admin, .issuer]), ("DELETE", "/v1/runs/r9", "", [.admin, .issuer]),
        ("POST", "/v1/runs/r9/resume", "", [.admin]), ("POST", "/v1/stops", #"{"run":"x-*"}"#, [.admin]),
        ("GET", "/v1/stops", "", [.admin, .reader]), ("GET", "/v1/holds", "", [.admin, .reader]),
        ("GET", "/metrics", "", [.admin, .reader]), ("GET", "/v1/tokens", "", [.admin, .reader]),
        ("GET", "/v1/audit/verify", "", [.admin, .reader]),
        ("POST", "/v1/explain", #"{"run_id":"r","uri":"https://api.stripe.com/v1/charges"}"#, [.admin, .reader]),
        ("POST", "/v1/tokens", #"{"name":"other","role":"admin"}"#, [.admin]),
    ]

    @Test(arguments: Role.allCases) func `may do what its role may, and else is told which it needs`(role: Role)
        async throws
    {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let token = try await caller.add("mine", role.rawValue, master)
            for (method, path, content, roles) in Self.calls {
                let answer = try await caller.call(method, path, content, token: token)
                if roles.contains(role) {
                    #expect((200..<300).contains(answer.status), "\(method) \(path): \(answer.text)")
                } else {
                    #expect(answer.status == 403 && answer["code"]?.text == "role_not_allowed", "\(method) \(path)")
                    let needed = roles.last?.rawValue ?? ""
                    #expect(answer["message"]?.text?.contains("needs the role \(needed)") == true, "\(answer.text)")
                    #expect(answer["message"]?.text?.contains("token mine") == true)
                }
            }
            let status = try await caller.call("GET", "/status", token: token)
            #expect((status["today"] != nil) == (role != .issuer))
        }
    }

    @Test func `is shown once, and kept as a digest in a file of our own`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let token = try await caller.add("ci", "reader", master)
            #expect(token.hasPrefix("cofferdam_reader_") && token.utf8.count >= 17 + 22)
            let list = try await caller.call("GET", "/v1/tokens", token: master)
            #expect(!list.text.contains(token) && list.text.contains(#""name":"ci","role":"reader""#))
            let file = desk.folder.file("tokens")
            #expect(!(try String(contentsOfFile: file, encoding: .utf8)).contains(token))
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let again = try AdminTokens.open(directory: desk.folder.path)
            #expect(again.bearer(of: token, at: desk.clock.read()) == Bearer(name: "token ci", role: .reader))
        }
    }

    @Test func `is refused from the call on that follows its removal`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let token = try await caller.add("ci", "reader", master)
            #expect(try await caller.call("DELETE", "/v1/tokens/ci", token: master).status == 200)
            #expect(try await caller.call("GET", "/v1/keys", token: token).status == 401)
            #expect(try await caller.call("DELETE", "/v1/tokens/ci", token: master).status == 404)
            #expect(try await caller.call("DELETE", "/v1/tokens/master", token: master).status == 400)
        }
    }

    @Test func `that is rotated is good for as long as was said`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let old = try await caller.add("ci", "reader", master)
            let answer = try await caller.call("POST", "/v1/tokens/ci/rotate", #"{"keep":"1h"}"#, token: master)
            let new = try #require(answer["token"]?.text)
            for token in [old, new] { #expect(try await caller.call("GET", "/v1/keys", token: token).status == 200) }
            desk.clock.advance(.seconds(3600))
            #expect(try await caller.call("GET", "/v1/keys", token: old).status == 401)
            #expect(try await caller.call("GET", "/v1/keys", token: new).status == 200)
            _ = try await caller.call("POST", "/v1/tokens/ci/rotate", "{}", token: master)
            #expect(try await caller.call("GET", "/v1/keys", token: new).status == 401)
        }
    }

    @Test func `stands by its name in the records of what it did`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let token = try await caller.add("night-watch", "issuer", master)
            _ = try await caller.call("DELETE", "/v1/runs/r1?reason=loop", token: token)
            let fields = ["Cofferdam-User": "ann"]
            _ = try await caller.call("DELETE", "/v1/runs/r2", token: token, fields: fields)
            _ = try await caller.call("DELETE", "/v1/tokens/night-watch", token: master)
            await desk.store.flush()
            let notes = try await caller.call("GET", "/v1/audit?decision=note", token: master).text
            #expect(notes.contains("token night-watch (issuer) made by the admin token"))
            #expect(notes.contains("run r1 stopped by token night-watch: loop"))
            #expect(notes.contains("run r2 stopped by token night-watch, ann (cofferdam command)"))
            #expect(notes.contains("token night-watch (issuer) removed by the admin token"))
            #expect(!notes.contains(token))
        }
    }

    @Test(arguments: [
        #"{"name":"a"}"#, #"{"name":"a","role":"root"}"#, #"{"role":"admin"}"#, #"{"name":"a b","role":"admin"}"#,
        #"{"name":"master","role":"admin"}"#, #"{"name":"a","role":"admin","more":1}"#,
    ])
    func `that can't be is refused`(order: String) async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/tokens", order, token: master)
            #expect(answer.status == 400, "\(answer.text)")
            _ = try await caller.add("twice", "reader", master)
            let again = try await caller.call("POST", "/v1/tokens", #"{"name":"twice","role":"admin"}"#, token: master)
            #expect(again.status == 409)
        }
    }
}

@Suite struct `The tokens of a running sidecar` {
    @Test func `have a master that can be rotated`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let answer = try await caller.call("POST", "/v1/tokens/master/rotate", #"{"keep":"5m"}"#, token: master)
            let new = try #require(answer["token"]?.text)
            #expect(try AdminTokens.token(directory: desk.folder.path) == new)
            for token in [master, new] {
                #expect(try await caller.call("POST", "/v1/runs", "{}", token: token).status == 201)
            }
            let restarted = try AdminTokens.open(directory: desk.folder.path)
            #expect(restarted.bearer(of: master, at: desk.clock.read()) == .master)
            desk.clock.advance(.seconds(300))
            #expect(try await caller.call("GET", "/v1/runs", token: master).status == 401)
            #expect(try await caller.call("GET", "/v1/runs", token: new).status == 200)
        }
    }

    @Test func `follow their files`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let token = try await caller.add("ci", "reader", master)
            let other = String(repeating: "m", count: 30)
            try Data((other + "\n").utf8).write(to: URL(fileURLWithPath: desk.folder.file("token")))
            #expect(try await caller.call("GET", "/v1/runs", token: master).status == 401)
            #expect(try await caller.call("GET", "/v1/runs", token: other).status == 200)
            try FileManager.default.removeItem(atPath: desk.folder.file("tokens"))
            #expect(try await caller.call("GET", "/v1/runs", token: token).status == 401)
        }
    }

    @Test func `outlive a file that is spoilt, which nobody writes over`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            let token = try await caller.add("ci", "reader", master)
            let file = desk.folder.file("tokens")
            let good = try Data(contentsOf: URL(fileURLWithPath: file))
            try Data("{\"tokens\":[{}]}".utf8).write(to: URL(fileURLWithPath: file))
            #expect(try await caller.call("GET", "/v1/runs", token: token).status == 200)
            let status = try await caller.call("GET", "/status", token: master)
            #expect(status.text.contains("tokens_unreadable") && status["status"]?.text == "degraded")
            let add = try await caller.call("POST", "/v1/tokens", #"{"name":"b","role":"admin"}"#, token: master)
            #expect(add.status == 503 && add["code"]?.text == "tokens_unavailable")
            try good.write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            #expect(try await caller.call("GET", "/status", token: token)["status"]?.text == "ok")
        }
    }

    @Test func `are not read from a file that others can read`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            _ = try await caller.add("ci", "reader", master)
            let file = desk.folder.file("tokens")
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            #expect(throws: TokenProblem.readableByOthers(path: file)) {
                try AdminTokens.open(directory: desk.folder.path)
            }
        }
    }
}

@Suite struct `Ten thousand wrong tokens` {
    @Test func `slow nobody, and leave nothing behind`() async throws {
        let (desk, master) = try office()
        try await desk.serve { caller in
            _ = try await caller.add("ci", "reader", master)
            await desk.store.flush()
            let (before, said) = (try Self.size(desk.folder.path), desk.logged.withLockedValue { $0.count })
            let rows = try await desk.store.verify()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for part in 0..<10 { group.addTask { try await Self.guess(1000, part, caller) } }
                // An operator in the midst of them.
                for _ in 0..<20 {
                    let began = ContinuousClock.now
                    #expect(try await caller.call("GET", "/v1/keys", token: master).status == 200)
                    #expect(ContinuousClock.now - began < .seconds(20))
                }
                var refused = 0
                for try await count in group { refused += count }
                #expect(refused == 10_000)
            }
            await desk.store.flush()
            // One row for each would be a megabyte; the store's own housekeeping is a page or two.
            #expect(try Self.size(desk.folder.path) - before < 100_000)
            #expect(try await desk.store.verify() == rows)
            #expect(desk.logged.withLockedValue { $0.count } == said)
        }
    }

    /// Sends guesses, a few at a time, over one connection; answers how many were refused.
    private static func guess(_ count: Int, _ part: Int, _ caller: Caller) async throws -> Int {
        let (port, few) = (caller.port, 25)
        return try await onThread {
            let file = try Sockets.open(port)
            defer { Sockets.end(file) }
            return stride(from: 0, to: count, by: few).reduce(0) { refused, first in
                let requests = (first..<(first + few)).map { index in
                    "GET /v1/keys HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
                        + "Authorization: Bearer cofferdam_admin_\(part)-\(index)\r\n\r\n"
                }
                Sockets.write(Array(requests.joined().utf8), to: file)
                return refused + Self.refusals(Sockets.drain(file) { Self.refusals($0) >= few })
            }
        }
    }

    private static func refusals(_ heard: [UInt8]) -> Int {
        String(decoding: heard, as: UTF8.self).components(separatedBy: "HTTP/1.1 401 ").count - 1
    }

    private static func size(_ folder: String) throws -> Int {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try names.reduce(0) { sum, name in
            sum + (try FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int ?? 0)
        }
    }
}
