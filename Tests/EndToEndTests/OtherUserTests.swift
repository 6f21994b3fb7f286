import Foundation
import Harness
import Loopback
import Testing

extension `End to end` {
    /// `cofferdam run --user`: what keeps a hostile agent from our files.
    @Suite struct `A run as another user` {
        private static let user = "nobody"

        /// Tells who it is, tries to read each of the files, and pays.
        private static let agent = """
            echo "uid $(id -u) groups $(id -G)"
            for file in "$@" "/proc/$PPID/environ"; do cat "$file" > /dev/null 2>&1 && echo "read $file"; done
            ls "$(dirname "$1")" > /dev/null 2>&1 && echo "listed the state"
            curl -sS -m 60 -d 'amount=700&currency=usd' -w '\\nstatus %{http_code}\\n' \\
                https://api.stripe.com/v1/payment_intents
            """

        @Test func `can use the proxy, and read none of our secrets`() async throws {
            // Nothing that could be installed would help, so this holds in CI too.
            guard getuid() == 0 else { try Test.cancel("skipped: only root can start an agent as another user") }
            let account = try #require(getpwnam(Self.user)?.pointee)
            try await Stage.play { stage in
                let files = try secrets(stage)
                let command = [try Machine.find("sh"), "-c", Self.agent, "agent"] + files
                let output = try await stage.sidecar.run("agent-1", command, options: ["--user", Self.user])
                #expect(output.out.contains("uid \(account.pw_uid) groups \(account.pw_gid)\n"), "\(output)")
                #expect(!output.out.contains("read "))
                #expect(!output.out.contains("listed"))
                #expect(output.out.contains("status 200"))
                #expect(output.err.contains("isolation: user \(Self.user)"))
                #expect(stage.reached == ["POST /v1/payment_intents"])
            }
        }

        /// The master token first, and everything else of the state, behind a folder that is open to all.
        private func secrets(_ stage: Stage) throws -> [String] {
            try #require(chmod(stage.sidecar.folder.path, 0o755) == 0)
            let state = stage.sidecar.state
            let names = try FileManager.default.contentsOfDirectory(atPath: state).sorted()
            try #require(names.contains("token") && names.contains("ca.key"), "\(names)")
            return (["token"] + names).map { "\(state)/\($0)" } + [stage.sidecar.config]
        }
    }
}
