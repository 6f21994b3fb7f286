import Foundation
import Harness
import Testing

extension `End to end` {
    @Suite struct `A sidecar that can't start` {
        /// What `serve` says and how it ends.
        private func serve(_ sidecar: Sidecar) async throws -> Child.Output { try await sidecar.command(["serve"]) }

        private func make(_ rules: String = "") throws -> Sidecar {
            try Sidecar(rules, environment: [:], in: try Folder())
        }

        @Test func `says what it doesn't know in its configuration, with line and column`() async throws {
            let sidecar = try make("budgts: []\nspend: { timezone: Nowhere/Land }\n")
            defer { sidecar.folder.remove() }
            let output = try await serve(sidecar)
            #expect(output.status == 64)
            let lines = try String(contentsOfFile: sidecar.config, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            let line = try #require(lines.firstIndex(of: "budgts: []")) + 1
            #expect(output.err.contains("proxy.conf:\(line):1: unknown key \"budgts\""), "\(output)")
            #expect(output.err.contains("proxy.conf:\(line + 1):20:"))
            #expect(!FileManager.default.fileExists(atPath: sidecar.state))
        }

        @Test func `says that there is no configuration`() async throws {
            let folder = try Folder()
            defer { folder.remove() }
            let output = try await Child.run(
                try Machine.cofferdam(), ["serve", "--config", folder.path + "/none.conf"], in: folder)
            #expect([64, 66].contains(output.status))
            #expect(output.err.contains("none.conf"), "\(output)")
        }

        @Test func `says whose port is taken`() async throws {
            let (first, second) = (try make(), try make())
            defer { for sidecar in [first, second] { sidecar.folder.remove() } }
            try await first.start()
            let ports = "proxy: \"127.0.0.1:\(first.proxyPort)\", admin: \"127.0.0.1:\(second.adminPort)\""
            try second.folder.write("listen: { \(ports) }\nstate_dir: \(second.state)\n", to: "proxy.conf")
            let output = try await serve(second)
            await first.stop()
            #expect(output.status == 69)
            #expect(output.err.contains("127.0.0.1:\(first.proxyPort): can't listen"), "\(output)")
        }

        @Test func `says that its state belongs to another that runs`() async throws {
            let first = try make()
            defer { first.folder.remove() }
            try await first.start()
            let ports = "proxy: \"127.0.0.1:\(try Port.free())\", admin: \"127.0.0.1:\(try Port.free())\""
            let other = try first.folder.write("listen: { \(ports) }\nstate_dir: \(first.state)\n", to: "other.conf")
            let output = try await Child.run(
                try Machine.cofferdam(), ["serve", "--config", other], in: first.folder)
            await first.stop()
            #expect(output.status == 69)
            #expect(output.err.contains("another"), "\(output)")
            #expect(output.err.contains(first.state))
        }

        @Test func `refuses a store that a newer program made`() async throws {
            let sidecar = try make()
            defer { sidecar.folder.remove() }
            try await sidecar.start()
            await sidecar.stop()
            let python = try Machine.find("python3")
            let edit = """
                import sqlite3, sys
                with sqlite3.connect(sys.argv[1]) as base:
                    base.execute("insert into grdb_migrations values ('from the future')")
                """
            let store = sidecar.state + "/cofferdam.sqlite"
            let edited = try await Child.run(python, ["-c", edit, store], in: sidecar.folder)
            try #require(edited.status == 0, "\(edited)")
            let output = try await serve(sidecar)
            #expect(output.status == 69)
            #expect(output.err.contains("newer cofferdam"), "\(output)")
        }

        @Test(arguments: [0o777, 0o770, 0o702])
        func `refuses a folder for its state that others can write`(_ mode: Int) async throws {
            let sidecar = try make()
            defer { sidecar.folder.remove() }
            try FileManager.default.createDirectory(atPath: sidecar.state, withIntermediateDirectories: false)
            chmod(sidecar.state, mode_t(mode))
            let output = try await serve(sidecar)
            #expect(output.status == 77)
            #expect(output.err.contains("chmod 700 \(sidecar.state)"), "\(output)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: sidecar.state) == [])
        }

        @Test(arguments: ["ca.key", "token"])
        func `refuses a secret that others can read`(_ file: String) async throws {
            let sidecar = try make()
            defer { sidecar.folder.remove() }
            try await sidecar.start()
            await sidecar.stop()
            chmod(sidecar.state + "/" + file, 0o644)
            let output = try await serve(sidecar)
            #expect([77, 78].contains(output.status))
            #expect(output.err.contains("chmod 600 \(sidecar.state)/\(file)"), "\(output)")
        }
    }

    @Suite struct `The demo` {
        @Test func `comes out as told, and leaves nothing behind`() async throws {
            let folder = try Folder()
            defer { folder.remove() }
            let place = ["TMPDIR": folder.path]
            let output = try await Child.run(try Machine.cofferdam(), ["demo"], environment: place, in: folder)
            #expect(output.status == 0, "\(output)")
            #expect(output.out.contains("cap_exhausted; the vendor saw nothing"))
            #expect(output.out.contains("All as promised"))
            #expect(folder.users == [])
            #expect(try folder.left() == [])
        }
    }
}
