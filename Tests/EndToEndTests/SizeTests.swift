import Foundation
import Harness
import Testing

extension `End to end` {
    @Suite struct `A gigabyte` {
        private static let size = 1 << 30

        @Test func `goes each way in flat memory`() async throws {
            // Not in the stage's folder, whose files are searched for credentials at the end.
            let folder = try Folder()
            defer { folder.remove() }
            let file = try folder.write("", to: "zeros")
            try #require(truncate(file, Self.size) == 0)
            try await Stage.play { stage in
                let before = try memory(stage)
                let up = ["-T", file, "-X", "POST", "https://api.acme.example/_test/upload"]
                let sent = try await stage.sidecar.run("agent-1", ["curl", "-sS"] + up)
                #expect(JSON(sent.out)?["content_length"].number == Double(Self.size), "\(sent)")
                let down = [
                    "-o", "/dev/null", "-w", "%{size_download}", "https://api.acme.example/_test/bytes/\(Self.size)",
                ]
                let got = try await stage.sidecar.run("agent-1", ["curl", "-sS"] + down)
                #expect(got.out == "\(Self.size)", "\(got)")
                let grown = try memory(stage) - before
                // A sanitizer keeps books on each byte, and what is freed for a while; still far from a gigabyte.
                #expect(grown < (Machine.isSanitized ? 256 : 32) << 10, "\(grown) KiB")
            }
        }

        /// The most that the sidecar ever had resident, in KiB.
        private func memory(_ stage: Stage) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(stage.sidecar.child.id)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return try #require(line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
        }
    }
}
