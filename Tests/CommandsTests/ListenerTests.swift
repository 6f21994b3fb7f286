import Foundation
import Testing

@testable import Commands

@Suite struct `Whoever listens where the sidecar should` {
    private static let head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

    private func owners(_ lines: String...) -> Set<uid_t> {
        ListenerOwners.find(port: 4701, own: 50000, tables: [([Self.head] + lines).joined(separator: "\n")])
    }

    private func line(_ local: String, _ remote: String, _ state: String, _ user: Int) -> String {
        "   1: \(local) \(remote) \(state) 00000000:00000000 00:00000000 00000000  \(user)        0 1678 1 0 100 0 0 10 0"
    }

    @Test func `is known by its socket, whatever it listens at`() {
        #expect(owners(line("0100007F:125D", "00000000:0000", "0A", 998)) == [998])
        #expect(owners(line("00000000:125D", "00000000:0000", "0A", 998)) == [998])
        // What it has accepted stays when it listens no more.
        #expect(owners(line("0100007F:125D", "0100007F:C350", "01", 998)) == [998])
    }

    @Test func `is nobody else`() {
        let others = [
            line("0100007F:125C", "00000000:0000", "0A", 998), line("0100007F:125D", "0100007F:C351", "01", 998),
            line("0100007F:C350", "0100007F:125D", "01", 1000), "nonsense",
        ]
        for other in others { #expect(owners(other) == []) }
    }

    /// Takes the port and the token, if it gets one.
    private static let impostor = """
        import socket, sys
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        connection, _ = listener.accept()
        connection.settimeout(20)
        open(sys.argv[1], "w").write("got " + connection.recv(1000).decode())
        """

    @Test func `gets no token when it is another user`() async throws {
        guard getuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv") else {
            try Test.cancel("skipped: only root can be another user")
        }
        let folder = try Folder()
        try folder.write("", "seen")
        try #require(chmod(folder.path, 0o711) == 0 && chmod(folder.file("seen"), 0o666) == 0)
        let state = folder.file("state")
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try folder.write("cofferdam_admin_" + String(repeating: "t", count: 32), "state/token")
        try #require(chmod(state + "/token", 0o600) == 0)
        let impostor = Process()
        impostor.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        impostor.arguments = [
            "--reuid", "65534", "--clear-groups", "python3", "-c", Self.impostor, folder.file("seen"),
        ]
        impostor.environment = ["PATH": "/usr/bin:/bin"]
        let said = Pipe()
        impostor.standardOutput = said
        try impostor.run()
        defer { impostor.terminate() }
        let port = try await printed(said) { $0.hasSuffix("\n") }.trimmingCharacters(in: .newlines)
        try folder.write("listen: { admin: 127.0.0.1:\(port) }\nstate_dir: \(state)", "proxy.conf")
        let ended = try await launch(Program.path, ["status", "--config", folder.file("proxy.conf")])
        #expect(ended.status == 77 && ended.errors.contains("another user listens"), "\(ended)")
        impostor.waitUntilExit()
        #expect(try folder.read("seen") == "got ")
    }
}
