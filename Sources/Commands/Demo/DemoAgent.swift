internal import AgentEnvironment
internal import Core
internal import Foundation

/// An agent of the demo: a run, and real clients that go through `HTTPS_PROXY`.
struct DemoAgent {
    private let environment: [String: String]

    init(stage: DemoStage, runID: String) async throws {
        let run = try await RegisteredRun(runID, at: stage.client)
        let settings = stage.assembly.settings.withLockedValue { $0 }
        let place = AgentPlace(run: run, settings: settings, proxyPort: stage.assembly.proxyPort)
        let setup = place.setup(
            folder: "\(stage.folder)/agent-\(runID)", parent: ProcessEnvironment.current, currentFolder: nil)
        try setup.write()
        environment = setup.environment
    }

    /// Everything that the agent can read of itself.
    var everything: String { environment.map { "\($0.key)=\($0.value)" }.joined(separator: "\n") }

    struct Answer {
        var status: Int
        var text: String

        var code: String { (try? JSONValue.parse(Array(text.utf8)))?["code"]?.text ?? "" }
    }

    /// A charge in cents.
    func charge(_ cents: Int) async throws -> Answer {
        try await post("/v1/payment_intents", "amount=\(cents)&currency=usd")
    }

    func post(_ path: String, _ form: String) async throws -> Answer {
        let output = try await Tool.output(
            [
                "curl", "-s", "-m", "10", "-w", "\n%{http_code}", "-u", "sk_test_placeholder:", "-d", form,
                "https://api.stripe.com\(path)",
            ],
            environment)
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(status: Int(lines.last ?? "") ?? 0, text: lines.dropLast().joined(separator: "\n"))
    }

    /// An open stream of events.
    func stream() throws -> DemoStream {
        try DemoStream(
            ["curl", "-sN", "-m", "20", "-u", "sk_test_placeholder:", "https://api.stripe.com/_test/sse-forever"],
            environment)
    }

    /// The id of a PaymentIntent that stripe-python made, or nil where it is not installed.
    func stripePython() async throws -> String? {
        guard let found = try? await Tool.output(["python3", "-c", "import stripe"], environment), found.isEmpty else {
            return nil
        }
        let script = """
            import stripe
            stripe.api_key = "sk_test_placeholder"
            print(stripe.PaymentIntent.create(amount=500, currency="usd").id)
            """
        return try await Tool.output(["python3", "-c", script], environment).trimmingCharacters(
            in: .whitespacesAndNewlines)
    }
}

/// A tool of the machine, run to its end.
enum Tool {
    /// What it prints; both streams, so that trouble is seen.
    static func output(_ command: [String], _ environment: [String: String]) async throws -> String {
        let process = try start(command, environment)
        let output = process.standardOutput as? Pipe
        return await withCheckedContinuation { waiter in
            Thread.detachNewThread {
                let data = output?.fileHandleForReading.readDataToEndOfFile() ?? Data()
                process.waitUntilExit()
                waiter.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }

    static func start(_ command: [String], _ environment: [String: String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        do { try process.run() } catch {
            throw Quit("\(command[0]): can't be started: \(error.localizedDescription)", .unavailable)
        }
        return process
    }
}

/// A stream that is being read.
final class DemoStream: Sendable {
    private struct State: Sendable {
        var bytes = 0
        var ended = false
    }

    private let state = Guarded(State())
    private let id: pid_t

    init(_ command: [String], _ environment: [String: String]) throws {
        let process = try Tool.start(command, environment)
        id = process.processIdentifier
        let output = process.standardOutput as? Pipe
        let state = state
        Thread.detachNewThread {
            while let data = output?.fileHandleForReading.availableData, !data.isEmpty {
                state.withLockedValue { $0.bytes += data.count }
            }
            process.waitUntilExit()
            state.withLockedValue { $0.ended = true }
        }
    }

    /// Whether more arrives within three seconds.
    func flows() async -> Bool {
        let before = state.withLockedValue { $0.bytes }
        return await holds(within: .seconds(3)) { $0.bytes > before }
    }

    func ends(within time: Duration) async -> Bool { await holds(within: time) { $0.ended } }

    func stop() { kill(id, SIGTERM) }

    private func holds(within time: Duration, _ condition: (State) -> Bool) async -> Bool {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            if state.withLockedValue({ condition($0) }) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
