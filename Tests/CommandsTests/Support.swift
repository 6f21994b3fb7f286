import Foundation
import Testing

/// The program as it was built beside these tests.
enum Program {
    static let path: String = {
        let tests =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("cofferdam").path
    }()
}

/// What a program printed, and how it ended.
struct Ended: Sendable {
    var status: Int32
    var output: String
    var errors: String
}

/// Runs a program to its end, with this environment only.
func launch(_ path: String, _ arguments: [String], _ environment: [String: String] = [:]) async throws -> Ended {
    try await withCheckedThrowingContinuation { continuation in
        // Waiting for a process blocks; the cooperative pool must not.
        Thread.detachNewThread { continuation.resume(with: Result { try wait(path, arguments, environment) }) }
    }
}

private func wait(_ path: String, _ arguments: [String], _ environment: [String: String]) throws -> Ended {
    let folder = try Folder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: nobody has to read two of them at once.
    process.standardOutput = try folder.handle("out")
    process.standardError = try folder.handle("err")
    try process.run()
    process.waitUntilExit()
    return Ended(
        status: process.terminationStatus, output: try folder.read("out"), errors: try folder.read("err"))
}

/// What was printed when it is `enough`, or when it ends. What comes later is read and dropped, so that nobody blocks.
func printed(_ pipe: Pipe, _ enough: @escaping @Sendable (String) -> Bool) async throws -> String {
    let file = pipe.fileHandleForReading
    return await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            var text = ""
            var waiting: CheckedContinuation<String, Never>? = continuation
            while true {
                let piece = file.availableData
                text += String(decoding: piece, as: UTF8.self)
                if piece.isEmpty || enough(text) {
                    waiting?.resume(returning: text)
                    waiting = nil
                }
                if piece.isEmpty { return }
            }
        }
    }
}

/// A folder that goes away with the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("commands-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    func handle(_ name: String) throws -> FileHandle {
        try write("", name)
        return try #require(FileHandle(forWritingAtPath: file(name)))
    }
}

/// A sidecar that was started as operators start it, on free ports.
final class Served: Sendable {
    let folder: Folder
    let proxy: Int
    let admin: Int
    private let process: Process

    /// Starts it with a Stripe credential and one policy; `more` is added to the configuration.
    static func start(_ more: String = "") async throws -> Served {
        let folder = try Folder()
        try folder.write(
            """
            listen: { proxy: 127.0.0.1:0, admin: 127.0.0.1:0 }
            state_dir: \(folder.file("state"))
            vendors:
              stripe: { credential: { env: STRIPE_API_KEY } }
            policies:
              - name: billing
                runs: billing-*
                vendor: stripe
                allowed_endpoints: [payment_intents.create]
                daily_usd_cap: 500
            \(more)
            """, "proxy.conf")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.path)
        process.arguments = ["serve", "--config", folder.file("proxy.conf")]
        process.environment = [
            "STRIPE_API_KEY": "sk_test_00000000000000000000", "HOME": folder.path, "SWIFT_BACKTRACE": "enable=no",
        ]
        let log = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardError = log
        try process.run()
        let lines = try await printed(log) { $0.contains("listening admin=") && $0.hasSuffix("\n") }
        return Served(folder, process, try port("proxy", lines), try port("admin", lines))
    }

    private init(_ folder: Folder, _ process: Process, _ proxy: Int, _ admin: Int) {
        (self.folder, self.process, self.proxy, self.admin) = (folder, process, proxy, admin)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    /// Runs a command against it, as its own user does.
    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Ended {
        let own = [
            "COFFERDAM_CONFIG": folder.file("proxy.conf"), "COFFERDAM_ADMIN": "127.0.0.1:\(admin)", "HOME": folder.path,
        ]
        return try await launch(Program.path, arguments, own.merging(environment) { $1 })
    }

    private static func port(_ name: String, _ log: String) throws -> Int {
        let found = try #require(log.components(separatedBy: " \(name)=127.0.0.1:").last, "\(log)")
        return try #require(Int(found.prefix { $0.isNumber }), "\(log)")
    }
}
