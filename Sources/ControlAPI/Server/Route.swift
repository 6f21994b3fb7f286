internal import Core

/// One call of the API: what it is named by, who may make it, and what answers it.
struct Route: Sendable {
    enum Access: Sendable, Equatable {
        /// Anybody.
        case open
        /// Anybody; with an admin's or reader's token the answer says more.
        case optional
        /// A token with one of these roles, the least of them last.
        case roles([Role])

        static let admin = Access.roles([.admin])
        static let issuing = Access.roles([.admin, .issuer])
        static let reading = Access.roles([.admin, .reader])
        static let anyToken = Access.roles([.admin, .issuer, .reader])
    }

    typealias Handler = @Sendable (ControlAPI) -> (Call) async throws(APIProblem) -> APIAnswer

    var method: String
    /// Segments of the path; `{}` stands for one.
    var segments: [String]
    var access: Access
    var handler: Handler

    init(_ method: String, _ path: String, _ handler: @escaping Handler, access: Access = .admin) {
        (self.method, self.access, self.handler) = (method, access, handler)
        segments = Self.split(path)
    }

    static func split(_ path: some StringProtocol) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst().map {
            String(bytes: $0)
        }
    }

    /// The values of the `{}` segments when the path fits, percent-decoded.
    func match(_ path: [String]) -> [String]? {
        guard path.count == segments.count else { return nil }
        var values: [String] = []
        for (segment, given) in zip(segments, path) {
            if segment == "{}" {
                guard let value = Percent.decode(given), !value.isEmpty else { return nil }
                values.append(value)
            } else if !segment.utf8.elementsEqual(given.utf8) {
                return nil
            }
        }
        return values
    }
}

/// A request that has passed the checks, as a handler sees it.
struct Call: Sendable {
    var request: APIRequest
    /// What the `{}` of the route stood for.
    var path: [String]
    /// nil only where the route does not ask for a token.
    var bearer: Bearer?

    /// Holds what is asked for against the bearer's ceiling.
    func bounded<T>(_ check: (Ceiling) throws(Excess) -> T) throws(APIProblem) -> T {
        let bearer = bearer ?? .master
        do throws(Excess) { return try check(bearer.ceiling) } catch { throw .beyondCeiling(error, bearer) }
    }

    /// What the bearer may know of.
    var viewer: Viewer? { bearer.map { Viewer(name: $0.name, ceiling: $0.ceiling) } }

    /// Those that are the bearer's matter; of one without a run its key tells that.
    func seen(
        _ records: [AuditRecord], _ vault: Vault
    ) async throws(StoreFailure) -> [AuditRecord] {
        guard let viewer, viewer.isBounded else { return records }
        var (seen, own) = ([AuditRecord](), [String: Bool]())
        for record in records where viewer.mayReach(record) {
            let id = record.decision.keyID ?? ""
            if record.decision.runID == nil, own[id] == nil {
                own[id] = try await vault.key(id: id).map { $0.issuer == viewer.name } ?? false
            }
            if record.decision.runID != nil || own[id] == true { seen.append(record) }
        }
        return seen
    }

    /// The one `{}`.
    var id: String { path.first ?? "" }

    /// The parameters of the query.
    func query(_ known: [String]) throws(APIProblem) -> Query { try Query(request.query, known: known) }

    /// The content as an object with none but these keys.
    func object(_ known: [String]) throws(APIProblem) -> ObjectReader {
        try ObjectReader(request.content, known: known)
    }
}
