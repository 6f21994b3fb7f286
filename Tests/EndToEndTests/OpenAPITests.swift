import Foundation
import Harness
import Testing

extension `End to end` {
    /// schemathesis makes up requests from the document, sound ones and broken ones, and holds every answer against it.
    @Suite struct `The control API` {
        @Test func `answers nothing that its document does not say`() async throws {
            let schemathesis = try Machine.client("schemathesis")
            try await Stage.play(more: Self.budgets) { stage in
                let known = try await Self.request(stage)
                let asked = try await Child.run(
                    schemathesis, Self.arguments(stage), environment: try Self.environment(stage, known),
                    in: stage.sidecar.folder)
                #expect(asked.status == 0, "\(asked)")
                // We leave out the stream, schemathesis the document itself.
                let operations = try await Self.operations(stage)
                #expect(asked.out.contains("Tested: \(operations - 2)"), "\(asked)")
                #expect(try await stage.sidecar.ask("GET", "/readyz").status == 200)
            }
        }

        private static let budgets = """
            budgets:
              - { name: everything, daily_usd_cap: 100 }
              - { name: runs, per: run, daily_usd_cap: 100 }

            """

        private static func arguments(_ stage: Stage) -> [String] {
            let address = "http://127.0.0.1:\(stage.sidecar.adminPort)"
            return [
                "--config-file", Machine.script("openapi.toml"), "run", address + "/openapi.json", "--url", address,
                "--no-color",
            ]
        }

        /// The token is not for the list of processes.
        private static func environment(_ stage: Stage, _ request: String) throws -> [String: String] {
            let token = try String(contentsOfFile: stage.sidecar.state + "/token", encoding: .utf8)
            return [
                "CONTROL_TOKEN": token.trimmingCharacters(in: .newlines), "KNOWN_REQUEST": request,
                "SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": URL(fileURLWithPath: Machine.script("openapi.toml")).deletingLastPathComponent().path,
            ]
        }

        /// A request that was made, so that there is something to look at.
        private static func request(_ stage: Stage) async throws -> String {
            let made = try await stage.sidecar.run("agent-1", try PlainClient.curl.command())
            let records = try await stage.sidecar.settled("agent-1")
            return try #require(records.first?["request_id"].text, "\(made)")
        }

        private static func operations(_ stage: Stage) async throws -> Int {
            guard case .object(let paths) = try await stage.sidecar.ask("GET", "/openapi.json").json["paths"] else {
                return 0
            }
            return paths.values.reduce(0) { if case .object(let methods) = $1 { $0 + methods.count } else { $0 } }
        }
    }
}
