import ControlAPI
import Core
import Foundation
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import SQLiteStore
import ServiceLifecycle
import Testing

/// A clock that a test moves.
final class TestClock: Sendable {
    private let now: NIOLockedValueBox<Moment>

    init(_ text: String = "2026-11-24T02:11:04Z") {
        now = NIOLockedValueBox(Moment(rfc3339: text) ?? Moment(seconds: 0))
    }

    func advance(_ span: Span) { now.withLockedValue { $0 = $0 + span } }

    var read: Clock { { self.now.withLockedValue { $0 } } }
}

/// The API with made-up surroundings, as one test wants it.
struct Desk {
    static let token = AdminTokens.prefix + String(repeating: "t", count: 32)

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let folder: Folder
    let store: SQLiteStore
    let clock = TestClock()
    let sidecar: Sidecar
    var surroundings = Surroundings(version: "0.1.0")
    var tokens = AdminTokens(admin: Self.token)
    let logged = NIOLockedValueBox<[String]>([])

    init(audit: (any AuditStore)? = nil, _ change: (inout Rules) throws -> Void = { _ in }) throws {
        var rules = Rules()
        rules.vendors["stripe"] = try Self.stripe()
        try change(&rules)
        folder = try Folder()
        store = try SQLiteStore.open(path: folder.file("store.sqlite"), clock: clock.read, log: Self.quiet)
        sidecar = Sidecar(rules: rules, vaultStore: store, ledger: store, audit: audit ?? store, clock: clock.read)
        let logged = logged
        surroundings.log = { line in logged.withLockedValue { $0.append(line) } }
        surroundings.authority = { "-----BEGIN CERTIFICATE-----" }
        surroundings.environment = { run, secret in ["HTTPS_PROXY": "http://\(run):\(secret)@127.0.0.1:4700"] }
    }

    static func stripe() throws -> Vendor {
        var vendor = Vendor(name: "stripe")
        vendor.hosts = ["api.stripe.com", "files.stripe.com"]
        vendor.credential = Secret(Array("sk_test_real".utf8))
        vendor.keyPrefixes = [KeyPrefix(prefix: "sk_test_", mode: "test")]
        var create = Operation(
            name: "payment_intents.create", endpoint: try EndpointPattern("POST /v1/payment_intents", exact: true))
        create.price = .amount(AmountRule(amount: "amount", currency: "currency"))
        var delete = Operation(name: "account.delete", endpoint: try EndpointPattern("DELETE /v1/account", exact: true))
        delete.refused = "it deletes the account"
        vendor.operations = [create, delete]
        return vendor
    }

    static func policy() throws -> Policy {
        var policy = Policy(
            name: "billing", runs: Glob("billing-*"), vendor: "stripe", endpoints: [try EndpointPattern("/v1/charges")])
        policy.caps.daily = Money(decimal: "500")
        return policy
    }

    /// Everything that the store keeps.
    var keys: [VaultKey] {
        get async throws { try await store.keys(VaultFilter(now: clock.read()), after: nil, limit: 100) }
    }

    var runs: [Run] {
        get async throws { try await store.runs(VaultFilter(now: clock.read()), after: nil, limit: 100) }
    }

    /// Puts a request through the books as the exchange would; without `closing` it waits for its answer.
    func book(_ id: String, _ dollars: String, on covers: [Cover] = [], run: String? = nil, _ closing: Closing?)
        async throws
    {
        let amount = try #require(Money(decimal: dollars))
        var decision = decision(id, DecisionRecord.allowed, run: run)
        (decision.estimate, decision.priceRule) = (amount, "amount")
        let hold = try await store.hold(
            HoldEntry(requestID: RequestID(id), estimate: amount, covers: covers, decision: decision))
        guard let closing else { return }
        var outcome = OutcomeRecord(
            at: clock.read(), requestID: RequestID(id), result: "settled", cost: amount, duration: .milliseconds(38))
        switch closing {
        case .settled(let cost): (outcome.cost, outcome.originStatus) = (cost, 200)
        case .released: (outcome.result, outcome.cost, outcome.originStatus) = ("released", .zero, 402)
        case .inDoubt(let evidence):
            (outcome.result, outcome.failure, outcome.evidence) = ("in_doubt", "origin_timeout", evidence)
        }
        store.close(hold, closing, outcome)
        await store.flush()
    }

    func refuse(_ id: String, _ code: String, run: String?, key: String? = nil) async {
        var decision = decision(id, code, run: run)
        (decision.reason, decision.keyID) = ("because", key)
        store.record(decision)
        await store.flush()
    }

    private func decision(_ id: String, _ code: String, run: String?) -> DecisionRecord {
        var decision = DecisionRecord(
            at: clock.read(), requestID: RequestID(id), method: "POST", path: "/v1/payment_intents", code: code)
        (decision.runID, decision.label, decision.vendor) = (run, run, "stripe")
        decision.operation = "payment_intents.create"
        return decision
    }

    /// Serves the admin listener while `body` runs.
    func serve<T: Sendable>(
        limits: ConnectionLimits = ConnectionLimits(), _ body: @Sendable (Caller) async throws -> T
    ) async throws -> T {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let api = ControlAPI(sidecar: sidecar, tokens: tokens, surroundings: surroundings)
        let application = api.application(host: "127.0.0.1", port: 0, logger: Self.quiet, limits: limits) {
            told.yield($0)
        }
        return try await Self.running(application, ports) { try await body(Caller(port: $0)) }
    }

    /// Serves the probes' listener while `body` runs.
    func serveProbes<T: Sendable>(_ body: @Sendable (Caller) async throws -> T) async throws -> T {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let application = ControlAPI.probes(sidecar: sidecar, surroundings: surroundings)
            .application(host: "127.0.0.1", port: 0, logger: Self.quiet) { told.yield($0) }
        return try await Self.running(application, ports) { try await body(Caller(port: $0)) }
    }

    private static func running<T: Sendable>(
        _ application: some ApplicationProtocol, _ ports: AsyncStream<Int>, _ body: @Sendable (Int) async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let services = ServiceGroup(
                configuration: .init(services: [application], logger: quiet))
            group.addTask { try await services.run() }
            var port: Int?
            for await told in ports {
                port = told
                break
            }
            let result = try await body(try #require(port))
            await services.triggerGracefulShutdown()
            return result
        }
    }
}

/// A folder that goes away with the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("control-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// Sends requests byte by byte as a test wrote them.
struct Caller: Sendable {
    let port: Int

    struct Reply: Sendable {
        var status: Int
        var head: String
        var content: [UInt8]

        var text: String { String(decoding: content, as: UTF8.self) }
        var json: JSONValue { (try? JSONValue.parse(content)) ?? .null }

        subscript(_ name: String) -> JSONValue? { json[name] }

        /// The lines of a content that came in chunks or whole.
        var lines: [String] {
            guard head.lowercased().contains("transfer-encoding: chunked") else { return Self.lines(content) }
            var (rest, whole) = (content[...], [UInt8]())
            while let end = rest.firstIndex(of: 0x0D), let size = Int(String(bytes: rest[..<end]), radix: 16), size > 0
            {
                let chunk = rest[(end + 2)...].prefix(size)
                whole += chunk
                rest = rest[min(chunk.endIndex + 2, rest.endIndex)...]
            }
            return Self.lines(whole)
        }

        private static func lines(_ bytes: [UInt8]) -> [String] {
            bytes.split(separator: 0x0A).map { String(bytes: $0.last == 0x0D ? $0.dropLast() : $0) }
        }
    }

    /// A call with the admin token, as a client of ours makes it.
    func call(
        _ method: String, _ path: String, _ json: String? = nil, token: String? = Desk.token,
        fields: [String: String] = [:]
    ) async throws -> Reply {
        var all = ["Host": "127.0.0.1:\(port)", "Connection": "close"]
        if let token { all["Authorization"] = "Bearer \(token)" }
        if ["POST", "PUT"].contains(method) { all["Content-Type"] = "application/json" }
        all.merge(fields) { $1 }
        let content = Array((json ?? "").utf8)
        if !content.isEmpty { all["Content-Length"] = "\(content.count)" }
        let lines = all.filter { !$0.value.isEmpty }.map { "\($0.key): \($0.value)\r\n" }.sorted().joined()
        return try await raw(Array("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n".utf8) + content)
    }

    /// Sends the bytes and reads until the connection ends, or until `enough` is satisfied.
    func raw(_ bytes: [UInt8], until enough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }) async throws
        -> Reply
    {
        let port = port
        let answer = try await onThread { try Sockets.exchange(port: port, bytes, until: enough) }
        return try Self.reply(answer)
    }

    private static func reply(_ bytes: [UInt8]) throws -> Reply {
        let end = Array("\r\n\r\n".utf8)
        let at = try #require(
            bytes.indices.first { bytes[$0...].starts(with: end) },
            "no head in \(String(decoding: bytes, as: UTF8.self))")
        let head = String(decoding: bytes[..<at], as: UTF8.self)
        let status = try #require(Int(head.dropFirst(9).prefix(3)))
        return Reply(status: status, head: head, content: Array(bytes[(at + 4)...]))
    }
}

/// Blocking work on a thread of its own: the cooperative pool must not wait for sockets.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

/// Blocking sockets.
enum Sockets {
    struct Failed: Error { var call: String }

    static func exchange(port: Int, _ bytes: [UInt8], until enough: ([UInt8]) -> Bool) throws -> [UInt8] {
        let file = try open(port)
        defer { close(file) }
        write(bytes, to: file)
        return drain(file, until: enough)
    }

    static func write(_ bytes: [UInt8], to file: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            sent += count
        }
    }

    /// Says that nothing more will be sent.
    static func finishWriting(to file: Int32) { shutdown(file, Int32(SHUT_WR)) }

    /// Whether the other side has ended the connection.
    static func isEnded(_ file: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(file, &byte, 1, Int32(MSG_DONTWAIT))
        return count == 0 || count < 0 && errno != EAGAIN
    }

    static func end(_ file: Int32) { close(file) }

    /// A connection; one that holds few bytes leaves the others with the server as long as nobody reads.
    static func open(_ port: Int, holding bytes: Int32? = nil) throws -> Int32 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { throw Failed(call: "socket") }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var bytes { setsockopt(file, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size)) }
        var address = loopback(port: port)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(file)
            throw Failed(call: "connect")
        }
        return file
    }

    /// Reads until it is enough, or the connection ends.
    static func drain(_ file: Int32, until enough: ([UInt8]) -> Bool = { _ in false }) -> [UInt8] {
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while !enough(answer) {
            let count = recv(file, &piece, piece.count, 0)
            guard count > 0 else { return answer }
            answer += piece.prefix(count)
        }
        return answer
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        return address
    }
}
