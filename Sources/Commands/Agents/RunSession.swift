internal import Core
internal import Foundation
internal import Logging
internal import Settings

/// One run from its registration to its end, at a running sidecar or at one that we bring.
final class RunSession {
    let run: RegisteredRun
    var runID: String { run.id }
    let settings: Settings
    let client: AdminClient
    let proxyPort: Int
    private let startedAt = SystemClock.now()
    /// Ends what we brought.
    private let takeDown: () async -> Void
    private let folder: TemporaryFolder?
    private var renewal: Task<Void, Never>?

    private static let lease = "60s"

    private init(
        run: RegisteredRun, settings: Settings, client: AdminClient, proxyPort: Int,
        folder: TemporaryFolder? = nil, takeDown: @escaping () async -> Void = {}
    ) {
        (self.run, self.settings, self.client) = (run, settings, client)
        (self.proxyPort, self.folder, self.takeDown) = (proxyPort, folder, takeDown)
    }

    /// Registers the run at the sidecar that the configuration tells of.
    static func attached(runID: String, tags: JSONValue?, config: String?) async throws -> RunSession {
        let settings = try Startup.settings(config)
        let client = try AdminClient(AdminAddress.find(config: config))
        let run = try await register(runID, tags, client)
        return RunSession(
            run: run, settings: settings, client: client, proxyPort: settings.listen.proxy.port)
    }

    /// Brings a sidecar of its own, for this run alone, in a temporary folder.
    static func alone(runID: String, allow: [String], cap: String?, tags: JSONValue?) async throws -> RunSession {
        let folder = try TemporaryFolder("run")
        do {
            let order = InlineOrder(runID: runID, allow: allow, capUSD: cap, stateDir: folder.path + "/state")
            let settings = try Startup.inline(order)
            let assembly = try Startup.assemble(settings, Logs.start(.error))
            try await Startup.reporting { try await assembly.start() }
            let token = try Startup.token(settings.stateDir)
            let client = AdminClient(AdminAddress(host: "127.0.0.1", port: assembly.adminPort, token: token))
            let run = try await register(runID, tags, client)
            return RunSession(
                run: run, settings: settings, client: client, proxyPort: assembly.proxyPort,
                folder: folder, takeDown: { await assembly.stop(drain: .seconds(2)) })
        } catch {
            folder.remove()
            throw error
        }
    }

    /// Brings a sidecar with this configuration, whose vendors are played on loopback.
    static func sandboxed(runID: String, tags: JSONValue?, config: String?) async throws -> RunSession {
        let folder = try TemporaryFolder("sandbox")
        do {
            let play = try await SandboxPlay.begin(config, in: folder.path)
            let run = try await register(runID, tags, play.client)
            return RunSession(
                run: run, settings: play.settings, client: play.client, proxyPort: play.proxyPort,
                folder: folder, takeDown: { await play.end() })
        } catch {
            folder.remove()
            throw error
        }
    }

    private static func register(
        _ runID: String, _ tags: JSONValue?, _ client: AdminClient
    ) async throws -> RegisteredRun {
        let terms = [JSONValue.Member("lease", .string(lease))] + (tags.map { [.init("tags", $0)] } ?? [])
        return try await RegisteredRun(runID, terms, at: client)
    }

    /// Keeps the lease alive: a wrapper that is killed does not leave a live run behind.
    func keepAlive() {
        let (client, runID) = (client, runID)
        renewal = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(20))
                _ = try? await client.call(.post, "/v1/runs/\(runID)/renew")
            }
        }
    }

    /// Ends the run and answers its records.
    func end() async -> [JSONValue] {
        renewal?.cancel()
        _ = try? await client.call(.post, "/v1/runs/\(runID)/end")
        // A request that was sent is waited for to settle it, also when its client was cut.
        for _ in 0..<20 {
            let records = await records()
            guard records.contains(where: \.isOpen) else { return records }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return await records()
    }

    private func records() async -> [JSONValue] {
        let page = try? await client.call(
            .get, "/v1/audit", query: [("run_id", runID), ("since", UTC.text(startedAt)), ("limit", "1000")])
        return page?.list("records") ?? []
    }

    /// Takes down what we brought.
    func close() async {
        await takeDown()
        folder?.remove()
    }
}
