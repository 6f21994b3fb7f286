import Foundation
import Testing

/// `cofferdam serve` as a process of its own, with the commands that speak to it.
package final class Sidecar: Sendable {
    package let folder: Folder
    package let config: String
    package let proxyPort: Int
    package let adminPort: Int
    package let state: String
    /// What the operator's shell has: the real credentials among it.
    package let environment: [String: String]
    private let program: String
    private let process: Slot<Child>

    /// `rules` is the configuration from `vendors:` on.
    package convenience init(
        _ rules: String, listen more: String = "", environment: [String: String], in folder: Folder
    ) throws {
        try self.init(environment: environment, in: folder) { proxyPort, adminPort, state in
            let listen = """
                  proxy: 127.0.0.1:\(proxyPort)
                  admin: 127.0.0.1:\(adminPort)
                  threads: 2
                  drain: 1s
                \(more)
                """
            return "listen:\n\(listen)\nstate_dir: \(state)\n\(rules)"
        }
    }

    /// With a configuration that is made from two free ports, for agents and for operators, and the state's folder.
    package init(
        environment: [String: String], in folder: Folder, configuration: (Int, Int, String) throws -> String
    ) throws {
        self.folder = folder
        self.environment = environment.merging(["TMPDIR": folder.path]) { $1 }
        program = try Machine.cofferdam()
        proxyPort = try Port.free()
        var other = try Port.free()
        while other == proxyPort { other = try Port.free() }
        adminPort = other
        state = folder.path + "/state"
        config = try folder.write(try configuration(proxyPort, adminPort, state), to: "proxy.conf")
        process = Slot()
    }

    /// Starts it, with more in its environment, with so many files at most, its log in a file, and these words before its
    /// command; returns when it says that it is ready.
    package func start(
        with more: [String: String] = [:], files: Int? = nil, log: String? = nil, behind prefix: [String] = []
    ) async throws {
        var command = [program, "serve", "--config", config, "--log-level", "notice"]
        let setting =
            (files.map { "ulimit -n \($0) && " } ?? "") + "exec \"$0\" \"$@\"" + (log.map { " 2>\($0)" } ?? "")
        if files != nil || log != nil { command = ["/bin/sh", "-c", setting] + command }
        command = prefix + command
        let child = try Child(
            command[0], Array(command.dropFirst()), environment: environment.merging(more) { $1 }, in: folder)
        process.set(child)
        try await Port.opened(adminPort, by: child)
        try await eventually("/readyz: \(child.said)") { try await self.ask("GET", "/readyz").status == 200 }
    }

    /// The process that serves now.
    package var child: Child { get throws { try process.get() } }

    /// Waits until it ends by itself; what it said.
    package func ended() async -> Child.Output? { await process.take()?.output() }

    /// Ends it; one that is asked to, and not killed, ends well.
    @discardableResult
    package func stop(_ signal: Int32 = SIGTERM) async -> Child.Output? {
        guard let child = process.take() else { return nil }
        let output = await child.stop(signal)
        // `Child` kills what takes its time: a sidecar drains a charge that is not answered for longer than that.
        let ends = [0, 128 + SIGKILL]
        if signal == SIGTERM, !ends.contains(output.status) { Issue.record("the sidecar ends badly: \(output)") }
        return output
    }

    // MARK: What operators do

    /// A command of the program, to its end.
    package func command(_ arguments: [String]) async throws -> Child.Output {
        try await Child.run(program, arguments + ["--config", config], environment: environment, in: folder)
    }

    /// Starts a command as a run; `more` is added to the wrapper's own environment, `options` to its options.
    package func start(
        _ run: String, _ command: [String], options: [String] = [], more: [String: String] = [:]
    ) throws -> Child {
        try Child(
            program, ["run", "--config", config, "--run-id", run] + options + ["--"] + command,
            environment: environment.merging(more) { $1 }, in: folder)
    }

    /// The same, to its end.
    package func run(
        _ run: String, _ command: [String], options: [String] = [], more: [String: String] = [:]
    ) async throws -> Child.Output {
        try await start(run, command, options: options, more: more).output()
    }

    /// The control API.
    package func ask(_ method: String, _ path: String, _ content: String = "") async throws -> Wire.Answer {
        let token = (try? String(contentsOfFile: state + "/token", encoding: .utf8)) ?? ""
        let fields = ["Authorization: Bearer \(token.trimmingCharacters(in: .newlines))"]
        return try await Wire.ask(adminPort, method, path, fields, content)
    }

    /// The records of a run's requests, oldest first.
    package func records(_ run: String) async throws -> [JSON] {
        try await ask("GET", "/v1/audit?limit=1000&run_id=\(run)").json["records"].items
            .filter { $0["decision"].text != "note" }
    }

    /// The records of a run once none of them waits for its outcome.
    package func settled(_ run: String) async throws -> [JSON] {
        var records: [JSON] = []
        try await eventually("the outcomes of \(records)") {
            records = try await self.records(run)
            return records.allSatisfy { $0["decision"].text == "refused" || $0["result"] != .null }
        }
        return records
    }

    /// Registers a run; answers its secret.
    package func register(_ run: String) async throws -> String {
        try await ask("POST", "/v1/runs", "{\"id\":\"\(run)\"}").json["secret"].text ?? ""
    }
}

/// Holds one value, or none.
package final class Slot<Value: Sendable>: @unchecked Sendable {
    /// Guards `value`.
    private let lock = NSLock()
    private var value: Value?

    package func set(_ new: Value) { lock.withLock { value = new } }

    package func get() throws -> Value {
        guard let value = lock.withLock({ value }) else { throw Machine.Missing(description: "nothing is running") }
        return value
    }

    package func take() -> Value? {
        lock.withLock {
            defer { value = nil }
            return value
        }
    }
}
