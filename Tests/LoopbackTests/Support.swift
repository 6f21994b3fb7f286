import Foundation

@testable import Loopback

/// A folder that goes away with the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("loopback-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// What a command said and how it ended.
struct Ran {
    let status: Int32
    let output: Data
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a command with an otherwise empty environment: no proxy variables, no CA variables.
func run(_ arguments: [String]) async throws -> Ran {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let folder = try Folder()
    let files = [folder.file("out"), folder.file("err")]
    for file in files { try Data().write(to: URL(fileURLWithPath: file)) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ["PATH": path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: files[0]))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files[1]))
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in continuation.resume() }
        do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return Ran(
        status: process.terminationStatus, output: try Data(contentsOf: URL(fileURLWithPath: files[0])),
        errors: try String(contentsOfFile: files[1], encoding: .utf8))
}

/// A sandbox with its CA in a file, and curl to ask it.
struct Asker: Sendable {
    let sandbox: SandboxVendor
    let folder: Folder

    static func start(
        hosts: [String] = ["api.stripe.com", "api.twilio.com"], credentials: [String: ExpectedCredential] = [:]
    ) async throws -> Asker {
        let sandbox = try await SandboxVendor.start(hosts: hosts, credentials: credentials)
        let folder = try Folder()
        try sandbox.certificatePEM.write(toFile: folder.file("ca.pem"), atomically: true, encoding: .utf8)
        return Asker(sandbox: sandbox, folder: folder)
    }

    /// Runs curl with the head of the answer in its output (`-i`) unless told otherwise.
    func curl(_ path: String, _ arguments: String..., host: String = "api.stripe.com", head: Bool = true)
        async throws -> Ran
    {
        try await run(command(host, showingHead: head) + arguments + ["https://\(host)\(path)"])
    }

    func command(_ host: String = "api.stripe.com", showingHead head: Bool = true) -> [String] {
        [
            "curl", "-sS", "--http1.1", "--max-time", "60", "--cacert", folder.file("ca.pem"), "--connect-to",
            "\(host):443:127.0.0.1:\(sandbox.port)",
        ] + (head ? ["-i"] : [])
    }

    /// Runs the body with a sandbox that is stopped afterwards.
    static func with(
        credentials: [String: ExpectedCredential] = [:], _ body: (Asker) async throws -> Void
    ) async throws {
        let asker = try await start(credentials: credentials)
        do {
            try await body(asker)
        } catch {
            await asker.sandbox.stop()
            throw error
        }
        await asker.sandbox.stop()
    }
}

extension Ran {
    /// The content of an answer as JSON.
    var json: JSON? {
        guard let gap = output.range(of: Data("\r\n\r\n".utf8)) else { return JSON(parsing: Array(output)) }
        return JSON(parsing: Array(output[gap.upperBound...]))
    }
}
