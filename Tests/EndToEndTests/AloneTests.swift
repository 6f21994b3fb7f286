import Foundation
import Harness
import Testing

extension `End to end` {
    /// `cofferdam run --allow … --cap …`: no configuration, no sidecar.
    ///
    /// Stripe itself can't be reached from a test, so only what is refused on this machine is looked at.
    @Suite struct `A run that brings its own sidecar` {
        private let secret = "sk_test_" + Stage.Secrets.random(32)
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func start(_ command: [String], more: [String: String] = [:]) throws -> Child {
            let parent = ["STRIPE_API_KEY": secret, "TMPDIR": folder.path].merging(more) { $1 }
            let allow = ["run", "--run-id", "agent-1", "--allow", "stripe:payment_intents.create", "--cap", "20", "--"]
            return try Child(try Machine.cofferdam(), allow + command, environment: parent, in: folder)
        }

        @Test func `refuses what goes beyond it, and sums up`() async throws {
            defer { folder.remove() }
            let calls = [
                "payout=/v1/payouts amount=500&currency=usd", "dear=/v1/payment_intents amount=2001&currency=usd",
            ]
            let output = try await start(["sh", Machine.script("curls.sh")] + calls).output()
            #expect(output.status == 0)
            #expect(output.told("payout")["code"].text == "endpoint_not_allowed")
            #expect(output.told("dear")["code"].text == "cap_exhausted")
            #expect(output.told("dear")["status"].number == 429)
            let lines = output.err.split(separator: "\n").map(String.init)
            let headline =
                "cofferdam: run agent-1 · stripe TEST key · $20.00 · 1 operation · isolation: none (same user)"
            #expect(lines.first == headline)
            #expect(output.err.contains("agent-1 ended (exit 0"))
            #expect(output.err.contains("spent $0.00 of $20.00 · 0 allowed · 2 refused"))
            #expect(output.err.contains("1x  cap_exhausted"))
            #expect(output.err.contains("1x  endpoint_not_allowed"))
        }

        @Test func `keeps the credential from the child`() async throws {
            defer { folder.remove() }
            let output = try await start(["sh", "-c", "env; tr '\\0' '\\n' < /proc/self/environ"]).output()
            #expect(output.out.contains("STRIPE_API_KEY=sk_test_cofferdam"))
            #expect(output.out.contains("HTTPS_PROXY=http://agent-1:"))
            #expect(!(output.out + output.err).contains(secret))
        }

        @Test func `warns of a .env file with a credential in the child's folder`() async throws {
            defer { folder.remove() }
            try folder.write("STRIPE_API_KEY=\(secret)\n", to: ".env")
            let output = try await start(["true"]).output()
            let warning = output.err.split(separator: "\n").first { $0.contains("warning") && $0.contains(".env") }
            #expect(warning?.contains("STRIPE_API_KEY") == true, "\(output)")
            #expect(!output.err.contains(secret))
        }

        @Test func `ends as the child does, and leaves nothing behind`() async throws {
            defer { folder.remove() }
            let output = try await start(["sh", "-c", "exit 7"]).output()
            #expect(output.status == 7)
            #expect(output.err.contains("agent-1 ended (exit 7"))
            #expect(folder.users == [])
            #expect(try folder.left() == [])
        }

        @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1])
        func `passes signals on`(_ signal: Int32) async throws {
            defer { folder.remove() }
            // sh names signals without SIG; its trap runs when sleep is over.
            let names = [SIGTERM: "TERM", SIGINT: "INT", SIGHUP: "HUP", SIGUSR1: "USR1"]
            let script = "trap 'echo got it; exit 9' \(names[signal] ?? ""); echo waiting; while :; do sleep 0.05; done"
            let child = try start(["sh", "-c", script])
            try await child.says("waiting")
            child.send(signal)
            let output = await child.output()
            #expect(output.out.contains("got it"))
            #expect(output.status == 9)
        }

        @Test func `says when there is no such command`() async throws {
            defer { folder.remove() }
            let output = try await start(["no-such-command"]).output()
            #expect(output.status == 127)
            #expect(output.err.contains("no-such-command: command not found"))
        }
    }
}
