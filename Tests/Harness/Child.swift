package import Foundation

/// A process of ours. Its output goes to files, so that nothing that it leaves behind can hold a pipe open.
package final class Child: Sendable {
    /// What a process said, and how it ended.
    package struct Output: Sendable, CustomStringConvertible {
        /// As a shell has it: 128 and the signal for a killed one.
        package let status: Int32
        package let out: String
        package let err: String
        /// Whether it left a core dump.
        package var dumped = false

        package var description: String { "exit \(status)\n\(out)\n\(err)" }

        /// Each line of its output that is JSON, by its member `case`.
        package var cases: [String: JSON] {
            let told = out.split(separator: "\n").compactMap { JSON(String($0)) }
            return Dictionary(told.compactMap { line in line["case"].text.map { ($0, line) } }) { $1 }
        }

        package func told(_ name: String) -> JSON { cases[name] ?? .null }
    }

    package let id: pid_t
    private let files: (out: String, err: String)
    private let input: FileHandle
    private let ending: Task<(status: Int32, dumped: Bool), Never>

    /// Starts it in `directory` (unless said in the folder) with just this environment, and `PATH` and the like.
    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], in folder: Folder,
        at directory: String? = nil
    ) throws {
        let name = folder.path + "/" + UUID().uuidString.prefix(8)
        files = (name + ".out", name + ".err")
        let usual = ["PATH": Machine.path, "HOME": folder.path, "LANG": "C.UTF-8"].merging(Machine.sanitizers) { $1 }
        let variables = usual.merging(environment) { $1 }
        let start = Start(
            program: try Self.find(program), arguments: arguments, variables: variables,
            folder: directory ?? folder.path)
        (id, input) = try start.spawn(out: files.out, err: files.err)
        ending = Task { [id] in await Self.ended(id) }
    }

    private static func find(_ program: String) throws -> String {
        program.contains("/") ? program : try Machine.find(program)
    }

    /// The end of a child, as a shell has it.
    private static func ended(_ id: pid_t) async -> (Int32, Bool) {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(id, &status, 0) < 0, errno == EINTR {}
                let signal = status & 0x7F
                continuation.resume(
                    returning: signal == 0 ? ((status >> 8) & 0xFF, false) : (128 + signal, status & 0x80 != 0))
            }
        }
    }

    /// All that it has said so far, on both streams.
    package var said: String { text(files.out) + text(files.err) }

    package func output() async -> Output {
        let end = await ending.value
        return Output(status: end.status, out: text(files.out), err: text(files.err), dumped: end.dumped)
    }

    /// Returns when it has said `word`.
    package func says(_ word: String) async throws {
        try await eventually("\"\(word)\" is said in \(self.said)") { self.said.contains(word) }
    }

    /// A line for its standard input.
    package func tell(_ line: String = "go") throws { try input.write(contentsOf: Data((line + "\n").utf8)) }

    package func send(_ signal: Int32) { kill(id, signal) }

    /// Ends it, and whatever it has started (a process of ours leads a group of its own).
    @discardableResult
    package func stop(_ signal: Int32 = SIGTERM) async -> Output {
        kill(id, signal)
        let patience = Task { [id] in
            try await Task.sleep(for: .seconds(20))
            kill(id, SIGKILL)
        }
        let output = await output()
        patience.cancel()
        kill(-id, SIGKILL)
        return output
    }

    private func text(_ file: String) -> String {
        String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
    }

    /// Runs a program to its end.
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], in folder: Folder,
        at directory: String? = nil
    ) async throws -> Output {
        try await Child(program, arguments, environment: environment, in: folder, at: directory).output()
    }
}
