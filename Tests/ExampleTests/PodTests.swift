import Foundation
import Harness
import Testing

extension ExampleTests {
    /// A worker and its sidecar in one network namespace.
    @Suite struct `A pod` {
        /// What the worker says: two orders paid, and the third refused.
        private func worked(_ output: Child.Output) {
            let orders = output.out.split(separator: "\n").compactMap { JSON(String($0)) }
            #expect(orders.map { $0["order"].text } == ["o-1", "o-2", "o-3"], "\(output)")
            #expect(orders.map { $0["paid"].text?.hasPrefix("pi_") } == [true, true, nil], "\(output)")
            let refusal = "Daily cap of $50.00 for run worker-1 reached: $45.00 spent"
            #expect(orders.last?["error"].text?.hasPrefix(refusal) == true, "\(output)")
            #expect(output.status == 1)
        }

        @Test func `starts as its README says, and leaves nothing in memory`() async throws {
            let memory = try Folder()
            defer { memory.remove() }
            try await Started.play("pod", more: ["MEMORY": memory.path]) { started in
                worked(await started.app.child.output())
                let left = try FileManager.default.contentsOfDirectory(atPath: memory.path)
                #expect(left == [])
            }
        }

        /// The manifest's containers, as other users, without capabilities and with no way out; `app` is the worker's
        /// folder, `command` takes the place of its own.
        private func play(_ app: String, _ command: [String] = []) async throws -> Child.Output {
            // Nothing that could be installed would help, so this holds in CI too.
            guard getuid() == 0, try await namespaces() else {
                try Test.cancel("skipped: namespaces need root, and a machine that lets it have them")
            }
            let folder = try Folder()
            defer { folder.remove() }
            let python = try Machine.example("python")
            let variables = [
                "COFFERDAM": URL(fileURLWithPath: try Machine.cofferdam()).deletingLastPathComponent().path,
                "PACKAGES": try await packages(python, folder), "APP": app, "VOLUMES": folder.path + "/volumes",
                "STARTER": "starter-secret-" + Stand.random(32),
            ]
            return try await Child.run(
                "unshare",
                ["--net", "--fork", "--kill-child", python, Self.home + "/kubelet.py", Self.manifest] + command,
                environment: variables, in: folder)
        }

        private func namespaces() async throws -> Bool {
            let folder = try Folder()
            defer { folder.remove() }
            let options = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "true"]
            return try await Child.run("unshare", options, in: folder).status == 0
        }

        private func packages(_ python: String, _ folder: Folder) async throws -> String {
            let script = "import sysconfig; print(sysconfig.get_path('purelib'))"
            return try await Child.run(python, ["-c", script], in: folder).out.trimmingCharacters(in: .newlines)
        }

        private static let home = (Bundle.module.resourcePath ?? ".") + "/Pod"
        private static let example = Machine.root + "/Examples/pod"
        private static let manifest = example + "/pod.yaml"

        @Test func `works as its manifest says, in namespaces of this machine`() async throws {
            worked(try await play(Self.example))
        }

        @Test func `gives a hostile worker neither a secret, nor a way out, nor another's money`() async throws {
            let output = try await play(
                Self.home, ["sh", "-c", ". /run/agent/files/agent.sh && exec python3 attack.py"])
            #expect(output.status == 0, "\(output)")
            #expect(output.told("secrets")["found"].items == [], "\(output)")
            #expect(output.told("processes")["count"].number == 1)
            let failures = ["world": "ENETUNREACH", "sniff": "EPERM", "stand-in": "EADDRINUSE", "write": "EROFS"]
            for (attempt, failure) in failures { #expect(output.told(attempt)["failure"].text == failure, "\(output)") }
            for way in ["straight", "proxied", "own", "gateway"] {
                let statuses = output.told("operate \(way)")["statuses"].items.compactMap(\.number)
                #expect(!statuses.isEmpty && statuses.allSatisfy { [401, 403, 404].contains($0) }, "\(output)")
            }
            #expect(output.told("status")["text"].text?.contains("usd") == false)
            let posed = output.cases.filter { $0.key.hasPrefix("pose") }.mapValues { $0["code"].text ?? "" }
            #expect(posed.count == 4, "\(output)")
            #expect(posed["pose 4710 []"] == "cap_exhausted", "\(posed)")
            #expect(posed.values.allSatisfy { $0 != "allowed" })
        }

        @Test func `has the example's configuration in its manifest`() async throws {
            let folder = try Folder()
            defer { folder.remove() }
            let script = """
                import sys, yaml
                documents = {one["kind"]: one for one in yaml.safe_load_all(open(sys.argv[1]))}
                print(documents["ConfigMap"]["data"]["proxy.conf"])
                """
            let shown = try await Child.run(
                try Machine.example("python"), ["-c", script, Self.manifest], in: folder)
            let inside = try folder.write(shown.out, to: "inside.conf")
            let (one, other) = (try await check(inside, folder), try await check(Self.example + "/proxy.conf", folder))
            #expect(one.status == 0 && one.out == other.out, "\(one) \(other)")
        }

        private func check(_ path: String, _ folder: Folder) async throws -> Child.Output {
            try await Child.run(
                try Machine.cofferdam(), ["check", "--strict", path],
                environment: ["STRIPE_API_KEY": "sk_test_x", "STARTER_SECRET": Stand.random(32)], in: folder)
        }
    }
}
