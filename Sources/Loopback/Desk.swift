internal import NIOConcurrencyHelpers
internal import NIOCore

/// Decides who answers a request: the recording, a test behaviour, or one of the imitated vendors.
final class Desk: Sendable {
    private let hosts: Set<String>
    private let expected: [String: ExpectedCredential]
    private let recording: Recording
    private let vendors = NIOLockedValueBox(Vendors())
    private let diversion: NIOLockedValueBox<(@Sendable (RecordedRequest) -> Diversion?)?>

    init(hosts: [String], expected: [String: ExpectedCredential], recording: Recording) {
        self.hosts = Set(hosts)
        self.expected = expected
        self.recording = recording
        diversion = NIOLockedValueBox(nil)
    }

    var accepted: [Accepted] { vendors.withLockedValue { $0.accepted } }

    func divert(_ choose: (@Sendable (RecordedRequest) -> Diversion?)?) {
        diversion.withLockedValue { $0 = choose }
    }

    func answer(_ exchange: Exchange) async throws {
        guard hosts.contains(Self.name(exchange.host)) else {
            return try await refuse(exchange, 421, "Misdirected request: no such host here.")
        }
        guard isAuthorized(exchange) else {
            return try await refuse(exchange, 401, "Invalid API Key provided.")
        }
        if let diversion = chosenDiversion(exchange) {
            if diversion.acts { _ = try await vendorAnswer(exchange) }
            exchange.divert(to: diversion.target)
        }
        if exchange.segments.first == "_test" { return try await behave(exchange) }
        switch try await vendorAnswer(exchange) {
        case .json(let status, let fields, let json): try await exchange.answer(status, json, fields)
        case .events(let events, let pause): try await Streams.send(events, everyMilliseconds: pause, exchange)
        case nil: try await unknown(exchange)
        }
    }

    private func chosenDiversion(_ exchange: Exchange) -> Diversion? {
        guard let choose = diversion.withLockedValue({ $0 }), let request = recording.request(exchange.number) else {
            return nil
        }
        return choose(request)
    }

    private func behave(_ exchange: Exchange) async throws {
        guard exchange.segments.count > 1, let behaviour = Behaviours.all[exchange.segments[1]] else {
            return try await unknown(exchange)
        }
        try await behaviour(exchange)
    }

    private func vendorAnswer(_ exchange: Exchange) async throws -> VendorAnswer? {
        guard let content = try await exchange.wholeContent() else {
            exchange.closeAfterwards()
            return .json(413, [], Self.error("Content too large."))
        }
        let request = VendorRequest(
            head: exchange.head, segments: exchange.segments, query: exchange.query, content: content)
        return vendors.withLockedValue { $0.answer(request) }
    }

    private func unknown(_ exchange: Exchange) async throws {
        let path = exchange.segments.joined(separator: "/")
        try await refuse(exchange, 404, "Unrecognized request URL (\(exchange.head.method): /\(path)).")
    }

    private func refuse(_ exchange: Exchange, _ status: Int, _ message: String) async throws {
        try await exchange.drain()
        try await exchange.answer(status, Self.error(message))
    }

    private func isAuthorized(_ exchange: Exchange) -> Bool {
        guard let credential = expected[Self.name(exchange.host)] else { return true }
        return exchange.head.values(credential.field) == [credential.value]
    }

    private static func error(_ message: String) -> JSON {
        ["error": ["message": .string(message), "type": "invalid_request_error"]]
    }

    /// The host without its port, in lower case.
    private static func name(_ host: String?) -> String {
        guard let host else { return "" }
        return host.split(separator: ":").first.map { $0.lowercased() } ?? ""
    }
}
