import Core
import Foundation
import Testing

@Suite struct `An operator with secrets` {
    private static let value = "sk_test_0123456789abcdef"

    /// A configuration whose vendor takes its credential from the store.
    private static func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write(
            """
            listen: { proxy: 127.0.0.1:0, admin: 127.0.0.1:0 }
            state_dir: \(folder.file("state"))
            vendors:
              stripe: { credential: { secret: stripe_live } }

            """, "proxy.conf")
        return folder
    }

    private static func run(_ folder: Folder, _ arguments: String..., input: String = "") async throws -> Ended {
        let words = ["-c", #"printf '%s' "$INPUT" | "$@""#, "sh", Program.path] + arguments
        return try await launch(
            "/bin/sh", words + ["--config", folder.file("proxy.conf")], ["INPUT": input, "HOME": folder.path])
    }

    @Test func `sets them from standard input, lists names only, and removes them`() async throws {
        let folder = try Self.folder()
        #expect(try await Self.run(folder, "secret", "list").output == "no secrets\n")
        let set = try await Self.run(folder, "secret", "set", "stripe_live", input: Self.value + "\n")
        #expect(
            set.output == "stripe_live is set; in the configuration: credential: { secret: stripe_live }\n", "\(set)")
        let list = try await Self.run(folder, "secret", "list")
        #expect(list.output.contains("stripe_live") && !list.output.contains("sk_test"), "\(list)")
        let json = try await Self.run(folder, "secret", "list", "--json")
        #expect(try JSONValue.parse(Array(json.output.dropLast().utf8))["name"]?.text == "stripe_live")
        let check = try await Self.run(folder, "check")
        #expect(check.status == 0 && !check.output.contains("credential"), "\(check)")
        #expect(try await Self.run(folder, "secret", "rekey").status == 0)
        #expect(try await Self.run(folder, "check").output.contains("credential") == false)
        #expect(try await Self.run(folder, "secret", "rm", "stripe_live").output == "stripe_live is removed\n")
        #expect(try await Self.run(folder, "secret", "rm", "stripe_live").status == 65)
        #expect(try await Self.run(folder, "check").output.contains("cofferdam secret set stripe_live"))
    }

    @Test(arguments: [("two\nlines", 65), ("", 65), (" space", 65), ("\n", 65)])
    func `sets nothing that is no credential`(input: String, status: Int32) async throws {
        let folder = try Self.folder()
        #expect(try await Self.run(folder, "secret", "set", "a", input: input).status == status)
        #expect(try await Self.run(folder, "secret", "set", "a b", input: "x").status == 64)
        // The value as an argument is a mistake, not a value.
        #expect(try await Self.run(folder, "secret", "set", "a", "x").status == 64)
        #expect(try await Self.run(folder, "secret", "list").output == "no secrets\n")
    }

    @Test func `is told when the key is not the one`() async throws {
        let folder = try Self.folder()
        _ = try await Self.run(folder, "secret", "set", "a", input: "1")
        try folder.write(String(repeating: "ab", count: 32) + "\n", "state/secrets.key")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: folder.file("state/secrets.key"))
        let ended = try await Self.run(folder, "secret", "list")
        #expect(ended.status == 78 && ended.errors.contains("restore that key"), "\(ended)")
    }

    @Test func `sees a running sidecar take a secret at once`() async throws {
        let served = try await Served.start()
        let text = try served.folder.read("proxy.conf")
        try served.folder.write(
            text.replacing("{ env: STRIPE_API_KEY }", with: "{ secret: stripe_live }"), "proxy.conf")
        try await Self.wait(served) {
            $0.contains("cofferdam secret set stripe_live") || $0.contains("key of the secrets")
        }
        #expect(try await Self.run(served.folder, "secret", "set", "stripe_live", input: Self.value).status == 0)
        try await Self.wait(served) { $0.hasPrefix("OK\n") && $0.contains("stripe TEST") }
    }

    private static func wait(_ served: Served, until enough: (String) -> Bool) async throws {
        var status = ""
        for _ in 0..<400 {
            status = try await served.run("status").output
            if enough(status) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(status)")
    }

    /// At a terminal of Python's making; it prints the exit code, whether the terminal echoes again, and what was shown.
    private static let typist = """
        import os, pty, sys, termios
        pid, terminal = pty.fork()
        if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
        shown = b""
        while b"(not shown): " not in shown: shown += os.read(terminal, 1024)
        os.write(terminal, sys.argv[1].encode())
        try:
            while piece := os.read(terminal, 1024): shown += piece
        except OSError: pass
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(status, bool(termios.tcgetattr(terminal)[3] & termios.ECHO), shown)
        """

    @Test(arguments: [false, true]) func `types it without being seen`(interrupts: Bool) async throws {
        let folder = try Self.folder()
        let typed = interrupts ? "sk_\u{3}" : Self.value + "\n"
        let command = [Program.path, "secret", "set", "a", "--config", folder.file("proxy.conf")]
        let ended = try await launch(
            "/usr/bin/env", ["python3", "-c", Self.typist, typed] + command, ["HOME": folder.path])
        #expect(ended.output.hasPrefix(interrupts ? "65 True " : "0 True "), "\(ended)")
        #expect(ended.output.contains("Secret for a (not shown): ") && !ended.output.contains("sk_"), "\(ended)")
        let list = try await Self.run(folder, "secret", "list").output
        #expect(list.contains("a ") != interrupts, "\(list)")
    }
}
