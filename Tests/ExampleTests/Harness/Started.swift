import Foundation
import Harness

/// An example as its README starts it: its own `start`, with nothing but free ports.
struct Started: Sendable {
    /// What serves, if the example does.
    let app: AppServer
    let folder: Folder

    /// `apart` names an example whose requirements agree with no other's.
    static func play(
        _ name: String, apart: String? = nil, more: [String: String] = [:],
        _ body: (Started) async throws -> Void
    ) async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let ports = try (0..<5).map { _ in try Port.free() }
        let home = Machine.root + "/Examples/" + name
        // Gateway, operators, probes, and a run's own listener.
        let text = try zip([":4700", ":4701", ":4702", ":4710"], [ports[0], ports[1], ports[3], ports[4]])
            .reduce(String(contentsOfFile: home + "/proxy.conf", encoding: .utf8)) { text, pair in
                text.replacing(pair.0, with: ":\(pair.1)")
            }
        let config = try folder.write(text, to: "proxy.conf")
        let child = try Child(
            home + "/start", [], environment: try variables(folder, config, ports, apart).merging(more) { $1 },
            in: folder, at: home)
        do {
            try await body(Started(app: AppServer(port: ports[2], child: child), folder: folder))
        } catch {
            await child.stop()
            throw error
        }
        await child.stop()
    }

    private static func variables(
        _ folder: Folder, _ config: String, _ ports: [Int], _ apart: String?
    ) throws -> [String: String] {
        let programs = [try Machine.cofferdam(), try Machine.example("python", apart: apart)]
            .map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
        return [
            "PATH": (programs + [Machine.path]).joined(separator: ":"), "TMPDIR": folder.path,
            "COFFERDAM_CONFIG": config, "COFFERDAM_GATEWAY": "http://127.0.0.1:\(ports[0])",
            "COFFERDAM_API": "http://127.0.0.1:\(ports[1])", "PORT": "\(ports[2])",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
        ]
    }
}
