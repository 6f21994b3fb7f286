import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// 256 files, and several times as many connections of somebody who shows no credential.
    @Suite struct `A sidecar with few descriptors` {
        @Test(arguments: ["", "G"]) func `serves honest agents and its operator, whoever holds connections`(
            _ said: String
        )
            async throws
        {
            try await Stage.play { stage in
                await stage.sidecar.stop()
                try await stage.sidecar.start(files: 256)
                let before = try descriptors(stage)
                let crowd = hold(700, at: stage.sidecar.proxyPort, saying: said)
                let secret = try await stage.sidecar.register("agent-1")
                for _ in 0..<5 {
                    let started = ContinuousClock.now
                    let answer = try await Wire.ask(
                        stage.sidecar.proxyPort, "GET", "/acme/_test/bytes/3", ["Authorization: Bearer \(secret)"])
                    #expect(answer.status == 200, "\(answer)")
                    #expect(try await stage.sidecar.ask("GET", "/v1/holds").status == 200)
                    #expect(ContinuousClock.now - started < .seconds(10))
                }
                #expect(try descriptors(stage) < 256)
                for socket in crowd { close(socket) }
                try await eventually("descriptors come back") { try self.descriptors(stage) <= before + 20 }
            }
        }

        private func hold(_ count: Int, at port: Int, saying text: String) -> [Int32] {
            (0..<count).map { _ in
                let socket = Port.connect(port)
                if socket >= 0, !text.isEmpty { _ = send(socket, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }
                return socket
            }
        }

        private func descriptors(_ stage: Stage) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(stage.sidecar.child.id)/fd").count
        }
    }

    @Suite struct `A sidecar whose log can't be written` {
        @Test func `goes on`() async throws {
            try await Stage.play { stage in
                await stage.sidecar.stop()
                try await stage.sidecar.start(log: "/dev/full")
                let secret = try await stage.sidecar.register("agent-1")
                let answer = try await Wire.ask(
                    stage.sidecar.proxyPort, "GET", "/acme/_test/bytes/3", ["Authorization: Bearer \(secret)"])
                #expect(answer.status == 200)
            }
        }
    }
}
