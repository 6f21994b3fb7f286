import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// A few seconds here; the long run says how many with COFFERDAM_SOAK.
    @Suite struct `A sidecar under everything at once` {
        private static let seconds = ProcessInfo.processInfo.environment["COFFERDAM_SOAK"].flatMap { Int($0) } ?? 12

        @Test func `needs no more memory and no more descriptors as time goes by`() async throws {
            let policies = Stage.policies.replacing("daily_usd_cap: 50", with: "daily_usd_cap: 1000000")
            try await Stage.play(policies: policies) { stage in
                let idle = try Use(of: stage.sidecar.child.id)
                let early = try await play(stage, seconds: max(Self.seconds / 4, 3))
                let late = try await play(stage, seconds: max(Self.seconds * 3 / 4, 9))
                print("soak: \(idle), then \(early), then \(late)")
                #expect(late.descriptors <= idle.descriptors + 40, "of libcurl's warm connections, at most")
                #expect(late.kilobytes <= early.kilobytes * 5 / 4 + 16 << 10)
                let audit = try await stage.sidecar.command(["audit", "verify"])
                #expect(audit.status == 0, "\(audit)")
            }
        }

        /// What it uses once the load is over.
        private func play(_ stage: Stage, seconds: Int) async throws -> Use {
            let run = "agent-\(seconds)"
            let variables = [
                "RUN_ID": run, "RUN_SECRET": try await stage.sidecar.register(run),
                "CA_FILE": stage.sidecar.state + "/ca.pem",
            ]
            let output = try await Child.run(
                try Machine.python(), [Machine.script("soak.py"), "\(stage.sidecar.proxyPort)", "\(seconds)"],
                environment: variables, in: stage.sidecar.folder)
            let told = output.told("soak")
            for answer in ["charges 200", "tunnel 200", "refused 403", "noise 400", "leaves_within left"] {
                #expect((told[answer].number ?? 0) > 0, "no \(answer): \(output)")
            }
            try await eventually("all that was under way is over") { try await self.inFlight(stage) == 0 }
            return try Use(of: stage.sidecar.child.id)
        }

        private func inFlight(_ stage: Stage) async throws -> Int {
            try await stage.sidecar.ask("GET", "/v1/holds").json["holds"].items.count { $0["state"].text == "held" }
        }
    }
}

/// What a process holds of the machine, as `/proc` tells it.
private struct Use: CustomStringConvertible {
    let kilobytes: Int
    let descriptors: Int

    init(of process: pid_t) throws {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        kilobytes = line.split(separator: " ").compactMap { Int($0) }.first ?? 0
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }

    var description: String { "\(kilobytes >> 10) MiB and \(descriptors) descriptors" }
}
