import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// What the system tells others about the process that holds the credentials.
    @Suite struct `A sidecar as other processes see it` {
        /// What of `/proc/PID` shows memory, environment and open files.
        private static let closed = [
            "environ", "mem", "maps", "smaps", "fd", "fdinfo", "auxv", "stack", "io", "syscall", "map_files", "cwd/.",
            "root/.",
        ]

        private func file(_ stage: Stage, _ name: String) throws -> String {
            let path = "/proc/\(try stage.sidecar.child.id)/\(name)"
            let data = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() ?? Data()
            return String(decoding: data, as: UTF8.self)
        }

        /// The files that a process with the sidecar's own user can open, and no root.
        private func open(_ stage: Stage, as user: [String]) async throws -> [String] {
            let script =
                "cd /proc/\(try stage.sidecar.child.id) && for file in \"$@\"; do "
                + "(ls \"$file\"/ || head -c 1 \"$file\") > /dev/null 2>&1 && echo \"$file\"; done; echo looked"
            let looked = try await Child.run(
                user.first ?? "/bin/sh",
                (user.isEmpty ? [] : user.dropFirst() + ["/bin/sh"]) + ["-c", script, "sh"] + Self.closed,
                in: stage.sidecar.folder)
            #expect(looked.out.hasSuffix("looked\n"), "\(looked)")
            return looked.out.split(separator: "\n").dropLast().map(String.init)
        }

        /// Another user than root, to whom all of the sidecar's files are given; nothing to do for who is no root.
        private func other(_ stage: Stage) async throws -> [String] {
            guard getuid() == 0 else { return [] }
            await stage.sidecar.stop()
            let given = try await Child.run(
                "chown", ["-R", "65534:65534", stage.sidecar.folder.path], in: stage.sidecar.folder)
            try #require(given.status == 0, "\(given)")
            return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        }

        @Test func `shows nothing of memory and environment, not to its own user either`() async throws {
            try await Stage.play { stage in
                let user = try await other(stage)
                if !user.isEmpty { try await stage.sidecar.start(behind: user) }
                // The same look at a process that hides nothing finds all that there is.
                let plain = try await Child.run(
                    user.first ?? "/bin/sh",
                    (user.isEmpty ? [] : user.dropFirst() + ["/bin/sh"]) + [
                        "-c", "head -c 1 /proc/$$/environ | wc -c",
                    ],
                    in: stage.sidecar.folder)
                #expect(plain.out == "1\n", "\(plain)")
                let readable = try await open(stage, as: user)
                #expect(readable == [])
                #expect(stage.leaks(in: try file(stage, "cmdline")) == [])
                #expect(stage.leaks(in: try file(stage, "status") + file(stage, "comm")) == [])
                let limits = try file(stage, "limits").split(separator: "\n")
                let core = try #require(limits.first { $0.hasPrefix("Max core file size") })
                #expect(core.split(separator: " ").dropFirst(4).first == "0", "\(core)")
            }
        }

        /// `ulimit -c unlimited` before it: the operator's shell may be set to keep cores.
        @Test(arguments: [SIGSEGV, SIGABRT, SIGILL])
        func `leaves neither a core nor a secret when it crashes`(_ signal: Int32) async throws {
            try await Stage.play { stage in
                await stage.sidecar.stop()
                let cores = ["/bin/sh", "-c", "ulimit -c unlimited; exec \"$0\" \"$@\""]
                let control = try await Child.run(
                    "/bin/sh", ["-c", "ulimit -c unlimited; kill -SEGV $$"], in: stage.sidecar.folder)
                try await stage.sidecar.start(behind: cores)
                let secret = try await stage.sidecar.register("agent-1")
                let paid = try await Wire.ask(
                    stage.sidecar.proxyPort, "POST", "/stripe/v1/payment_intents",
                    ["Authorization: Bearer \(secret)", "Content-Type: application/x-www-form-urlencoded"],
                    "amount=700&currency=usd")
                #expect(paid.status == 200, "\(paid)")
                let output = try #require(await stage.sidecar.stop(signal))
                #expect(output.status == 128 + signal, "\(output)")
                // Where this machine keeps no cores at all, the files are still looked through.
                #expect(!output.dumped, "the machine keeps cores: \(control.dumped)")
                #expect(stage.leaks(in: output.err + output.out) == [])
                // A report of a crash would show registers, and the memory that they point to.
                #expect(!output.err.contains("Registers:"), "\(output.err.prefix(2000))")
                let names = FileManager.default.subpaths(atPath: stage.sidecar.folder.path) ?? []
                #expect(
                    names.filter { $0.split(separator: "/").last?.hasPrefix("core") == true && control.dumped == false }
                        == [])
            }
        }
    }
}
