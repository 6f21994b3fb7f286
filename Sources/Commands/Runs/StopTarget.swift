internal import Core

/// What `stop` and `resume` are about.
enum StopTarget: Equatable {
    /// One run, revoked until somebody resumes it.
    case run(String)
    case key(String)
    /// `all`, `label=GLOB`, `policy=NAME`, `vendor=NAME`, `run=GLOB`: everything that it covers, now and later.
    case rule(Stop.Target)
    /// One such stop, by its ID.
    case stop(String)

    static let forms = "run=RUN-ID, key=KEY-ID, label=GLOB, tag.NAME=GLOB, policy=NAME, vendor=NAME or --all"

    /// Reads one; `ends` says that it is to end by itself, which a revocation never does.
    init(_ text: String, ends: Bool = false) throws(Quit) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count == 2 ? parts[1] : "") {
        case ("run", let id) where !id.isEmpty && Glob(id).isLiteral && !ends: self = .run(id)
        case ("key", let id) where !id.isEmpty && !ends: self = .key(id)
        case ("key", let id) where !id.isEmpty:
            throw Quit("key=\(Table.safe(id)): a key is revoked for good; leave out --for", .dataError)
        default:
            if text.hasPrefix("stop_"), !ends {
                self = .stop(text)
            } else if let target = Stop.Target(text) {
                self = .rule(target)
            } else {
                throw Quit("\"\(Table.safe(text))\": expected \(Self.forms)", .dataError)
            }
        }
    }

    func stop(_ client: AdminClient, reason: String?, span: Span?) async throws(Quit) -> JSONValue {
        switch self {
        case .run, .key: return try await client.call(.delete, path, query: [("reason", reason)])
        case .stop(let id):
            throw Quit("\(Table.safe(id)) is a stop; end it with cofferdam resume \(Table.safe(id))", .dataError)
        case .rule(let target):
            let halves = target.text.split(separator: "=", maxSplits: 1).map(String.init)
            var content = [JSONValue.Member(halves[0], halves.count == 2 ? .string(halves[1]) : .bool(true))]
            if case .tag(let name, let glob) = target {
                content = [.init("tag", .object([.init(name, .string(glob.text))]))]
            }
            if let span { content.append(.init("for", .number("\(span.microseconds / 1_000_000)"))) }
            if let reason { content.append(.init("reason", .string(reason))) }
            return try await client.call(.post, "/v1/stops", .object(content))
        }
    }

    /// What goes on.
    func resume(_ client: AdminClient) async throws(Quit) -> [JSONValue] {
        switch self {
        case .key: return [try await client.call(.post, path + "/reopen")]
        case .stop: return [try await client.call(.delete, path)]
        case .rule(let target): return try await lift(target, client)
        case .run(let id):
            // It may have been stopped for a time, as a rule, instead of revoked.
            let lifted = try await lifted(.run(Glob(id)), client)
            return lifted.isEmpty ? [try await client.call(.post, path + "/resume")] : lifted
        }
    }

    private func lift(_ target: Stop.Target, _ client: AdminClient) async throws(Quit) -> [JSONValue] {
        let lifted = try await lifted(target, client)
        guard !lifted.isEmpty else {
            throw Quit("\(Table.safe(target.text)) is not stopped; cofferdam status shows what is", .dataError)
        }
        return lifted
    }

    private func lifted(_ target: Stop.Target, _ client: AdminClient) async throws(Quit) -> [JSONValue] {
        var lifted: [JSONValue] = []
        for stop in try await client.call(.get, "/v1/stops").list("stops") where stop.string("target") == target.text {
            lifted.append(try await client.call(.delete, "/v1/stops/" + AdminClient.encoded(stop.string("id"))))
        }
        return lifted
    }

    private var path: String {
        switch self {
        case .run(let id): "/v1/runs/" + AdminClient.encoded(id)
        case .key(let id): "/v1/keys/" + AdminClient.encoded(id)
        case .stop(let id): "/v1/stops/" + AdminClient.encoded(id)
        case .rule: "/v1/stops"
        }
    }

    func stopped(_ answer: JSONValue) -> String {
        switch self {
        case .run(let id):
            "run \(id) is stopped: what it was doing is cut, what it asks for is refused\ntake it back: cofferdam resume run=\(id)"
        case .key(let id): "key \(id) is revoked, for good\nlet its run have a new one: cofferdam resume key=\(id)"
        case .rule, .stop:
            """
            \(Table.safe(answer.string("target"))) is stopped\(answer.time("until").map { " until \($0.shown(now: .now))" } ?? ""): \
            what is in flight is cut, requests are refused, no key is issued
            take it back: cofferdam resume \(answer.string("id"))
            """
        }
    }

    func resumed(_ answer: JSONValue) -> String {
        switch self {
        case .run(let id) where answer["target"] == nil:
            let status = answer.string("status")
            return status == "active"
                ? "run \(id) goes on" : "run \(id) is no longer stopped, but \(status): register it again"
        case .key: return "run \(answer.string("run_id")) may have keys for \(answer.string("vendor")) again"
        case .run, .rule, .stop:
            return "\(Table.safe(answer.string("target"))) goes on (\(answer.string("id")))"
        }
    }
}
