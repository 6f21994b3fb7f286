import Foundation
import Harness
import Loopback
import Testing

/// A folder of `Examples/`, behind a sidecar with its own `proxy.conf`, before a sandbox that plays the vendors.
struct Example: Sendable {
    /// The example's folder; nothing is written there.
    let home: String
    /// What it writes while it plays.
    let folder: Folder
    let vendor: SandboxVendor
    let sidecar: Sidecar
    /// What the app's processes get.
    let variables: [String: String]
    private let children = Children()

    /// Sets an example up, plays, and ends all that it started, whatever happened. `secrets` are variables with random
    /// secrets that sidecar and app both get, like `SHOP_SECRET`; `more` is more of the configuration.
    static func play(
        _ name: String, secrets names: [String] = [], more: String = "", _ body: (Example) async throws -> Void
    ) async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let stand = try await Stand(folder)
        let secrets = Dictionary(uniqueKeysWithValues: names.map { ($0, Stand.random(32)) })
        let home = Machine.root + "/Examples/" + name
        let sidecar = try Sidecar(
            environment: stand.credentials.merging(secrets) { $1 }, in: folder
        ) { proxy, admin, state in
            let text = try String(contentsOfFile: home + "/proxy.conf", encoding: .utf8)
            return try stand.adapt(text, proxy: proxy, admin: admin, state: state) + more
        }
        let example = Example(home: home, folder: folder, vendor: stand.vendor, sidecar: sidecar, secrets)
        do {
            try await sidecar.start()
            try await body(example)
        } catch {
            await example.strike()
            throw error
        }
        await example.strike()
        // Logs, books, and all that apps said.
        #expect(folder.holding(Array(stand.credentials.values)) == [])
    }

    private init(
        home: String, folder: Folder, vendor: SandboxVendor, sidecar: Sidecar, _ secrets: [String: String]
    ) {
        (self.home, self.folder, self.vendor, self.sidecar) = (home, folder, vendor, sidecar)
        variables = [
            "COFFERDAM_GATEWAY": "http://127.0.0.1:\(sidecar.proxyPort)",
            "COFFERDAM_API": "http://127.0.0.1:\(sidecar.adminPort)",
            // Nothing is written beside the sources.
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "TMPDIR": folder.path,
        ].merging(secrets) { $1 }
    }

    private func strike() async {
        for child in children.takeAll() { await child.stop() }
        await sidecar.stop()
        await vendor.stop()
    }

    /// Starts a program of the examples' virtual environment in the example's folder; it ends with the example.
    func start(_ program: String, _ arguments: [String], more: [String: String] = [:]) throws -> Child {
        try launch(program.hasPrefix("/") ? program : try Machine.example(program), arguments, more: more)
    }

    /// Starts any program like that.
    func launch(_ program: String, _ arguments: [String], more: [String: String] = [:]) throws -> Child {
        let child = try Child(
            program, arguments, environment: variables.merging(more) { $1 }, in: folder, at: home)
        children.add(child)
        return child
    }

    /// Starts a server; in its arguments `{port}` is a free one. Returns when it listens.
    func serve(_ program: String, _ arguments: [String], more: [String: String] = [:]) async throws -> AppServer {
        let port = try Port.free()
        let arguments = arguments.map { $0.replacing("{port}", with: String(port)) }
        let child = try start(program, arguments, more: more)
        try await Port.opened(port, by: child)
        return AppServer(port: port, child: child)
    }

    /// What reached the vendor, oldest first.
    var reached: [String] { vendor.requests.map { "\($0.method) \($0.target)" } }
}

/// Processes that end with an example, the last one first.
private final class Children: @unchecked Sendable {
    /// Guards `children`.
    private let lock = NSLock()
    private var children: [Child] = []

    func add(_ child: Child) { lock.withLock { children.append(child) } }

    func takeAll() -> [Child] {
        lock.withLock {
            defer { children = [] }
            return children.reversed()
        }
    }
}
