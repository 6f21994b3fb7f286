internal import Core

/// What `stop` and `resume` are about: `run=R` or `key=K`.
enum StopTarget: Equatable {
    case run(String)
    case key(String)

    init(_ text: String) throws(Quit) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count == 2 ? parts[1] : "") {
        case ("run", let id) where !id.isEmpty: self = .run(id)
        case ("key", let id) where !id.isEmpty: self = .key(id)
        default: throw Quit("\"\(Table.safe(text))\": expected run=RUN-ID or key=KEY-ID", .dataError)
        }
    }

    func stop(_ client: AdminClient, reason: String?) async throws(Quit) -> JSONValue {
        try await client.call(.delete, path, query: [("reason", reason)])
    }

    func resume(_ client: AdminClient) async throws(Quit) -> JSONValue {
        switch self {
        case .run: try await client.call(.post, path + "/resume")
        case .key: try await client.call(.post, path + "/reopen")
        }
    }

    private var path: String {
        switch self {
        case .run(let id): "/v1/runs/" + AdminClient.encoded(id)
        case .key(let id): "/v1/keys/" + AdminClient.encoded(id)
        }
    }

    var stopped: String {
        switch self {
        case .run(let id):
            "run \(id) is stopped: what it was doing is cut, what it asks for is refused\ntake it back: cofferdam resume run=\(id)"
        case .key(let id): "key \(id) is revoked, for good\nlet its run have a new one: cofferdam resume key=\(id)"
        }
    }
}
