import Foundation
import NIOConcurrencyHelpers
import Testing

/// A recording origin in a process of its own (`Scripts/origin.py`): trust only what it says that it saw.
final class OriginServer: Sendable {
    struct Event: Sendable, Decodable {
        var event: String
        var port: Int?
        var connection: Int?
        var method: String?
        var target: String?
        var head: String?
        var content: String?
        var name: String?
        var size: Int?
    }

    private struct State {
        var events: [Event] = []
        var waiting: [(predicate: @Sendable (Event) -> Bool, continuation: CheckedContinuation<Event, Never>)] = []
        var rest = Data()
    }

    private let process: Process
    private let input = Pipe()
    private let state = NIOLockedValueBox(State())
    let port: Int

    /// Starts it with a leaf of `Certificates`, or with plain TCP.
    convenience init(_ certificate: String? = "good") async throws {
        try await self.init(script: "origin", certificate.map { Certificates.shared.file($0) } ?? "plain")
    }

    /// Starts any of the `Scripts`.
    init(script name: String, _ argument: String) async throws {
        let process = Process()
        self.process = process
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = try #require(Bundle.module.path(forResource: "Scripts/\(name)", ofType: "py"))
        process.arguments = ["python3", script, argument]
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        let state = state
        output.fileHandleForReading.readabilityHandler = { handle in Self.read(handle.availableData, into: state) }
        try process.run()
        port = try #require(await Self.event(in: state) { $0.event == "listening" }.port)
    }

    deinit { process.terminate() }

    var address: String { "127.0.0.1:\(port)" }

    /// The requests that it saw so far.
    var requests: [Event] {
        get async {
            await catchUp()
            return state.withLockedValue { $0.events.filter { $0.event == "request" } }
        }
    }

    func count(_ event: String) async -> Int {
        await catchUp()
        return state.withLockedValue { $0.events.count { $0.event == event } }
    }

    /// What it tells comes through a pipe, which may lag behind its answers: this waits for what was told before.
    private func catchUp() async {
        let name = UUID().uuidString
        guard (try? input.fileHandleForWriting.write(contentsOf: Data("sync \(name)\n".utf8))) != nil else { return }
        _ = await event { $0.event == "sync" && $0.name == name }
    }

    /// The first event that fits, also one that was before.
    func event(_ predicate: @escaping @Sendable (Event) -> Bool) async -> Event {
        await Self.event(in: state, predicate)
    }

    func mark(_ name: String) async -> Event { await event { $0.event == "mark" && $0.name == name } }

    /// Lets a behaviour go on that waits for it.
    func openGate() throws { try input.fileHandleForWriting.write(contentsOf: Data("open\n".utf8)) }

    private static func event(in state: NIOLockedValueBox<State>, _ predicate: @escaping @Sendable (Event) -> Bool)
        async -> Event
    {
        await withCheckedContinuation { continuation in
            let found = state.withLockedValue { state in
                let found = state.events.first(where: predicate)
                if found == nil { state.waiting.append((predicate, continuation)) }
                return found
            }
            if let found { continuation.resume(returning: found) }
        }
    }

    private static func read(_ data: Data, into box: NIOLockedValueBox<State>) {
        let woken = box.withLockedValue { state in
            state.rest.append(data)
            var woken: [(CheckedContinuation<Event, Never>, Event)] = []
            while let end = state.rest.firstIndex(of: 0x0A) {
                let line = state.rest[state.rest.startIndex..<end]
                state.rest = Data(state.rest[(end + 1)...])
                guard let event = try? JSONDecoder().decode(Event.self, from: line) else { continue }
                state.events.append(event)
                woken += state.waiting.filter { $0.predicate(event) }.map { ($0.continuation, event) }
                state.waiting.removeAll { $0.predicate(event) }
            }
            return woken
        }
        for (continuation, event) in woken { continuation.resume(returning: event) }
    }
}

/// A root and its leaves, made once for the whole test process.
struct Certificates: Sendable {
    static let shared = Certificates()

    private let folder: String

    private init() {
        folder = NSTemporaryDirectory() + "origin-certificates-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [Bundle.module.path(forResource: "Scripts/certificates", ofType: "sh") ?? "", folder]
        try? process.run()
        process.waitUntilExit()
    }

    func file(_ name: String) -> String { "\(folder)/\(name).pem" }
}
