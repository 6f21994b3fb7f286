package import Core

/// The control API: what operators, issuing programs and probes ask of the sidecar.
///
/// It knows nothing of the server that brings its requests: `application` puts it behind Hummingbird.
package struct ControlAPI: Sendable {
    let sidecar: Sidecar
    let surroundings: Surroundings
    let gate: Gate
    let routes: [Route]
    /// The most content that any call has.
    package static let contentLimit = 64 << 10
    /// In which our own commands name the user who gave them, for the records.
    package static let userField = "cofferdam-user"

    /// The API of the admin listener. `hosts` are authorities by which clients may address it, besides the address that
    /// it listens on.
    package init(sidecar: Sidecar, tokens: AdminTokens, hosts: Set<String> = [], surroundings: Surroundings) {
        self.init(sidecar, surroundings, Gate(hosts: Guarded(hosts), tokens: tokens), Route.admin)
    }

    /// What `listen.probes` serves: liveness, readiness and metrics, without a token, under any name.
    package static func probes(sidecar: Sidecar, surroundings: Surroundings) -> ControlAPI {
        ControlAPI(sidecar, surroundings, Gate(hosts: nil, tokens: nil), Route.probes(metrics: .open))
    }

    /// What the virtual host of the vault-key service (`api.keybrake.com`) serves: keys and records, and nothing else.
    package static func keyService(
        sidecar: Sidecar, tokens: AdminTokens, host: String, surroundings: Surroundings
    ) -> ControlAPI {
        ControlAPI(
            sidecar, surroundings, Gate(hosts: Guarded([host, host + ":443"]), tokens: tokens), Route.keyService)
    }

    private init(_ sidecar: Sidecar, _ surroundings: Surroundings, _ gate: Gate, _ routes: [Route]) {
        (self.sidecar, self.surroundings, self.gate, self.routes) = (sidecar, surroundings, gate, routes)
    }

    /// Answers one request; whatever is wrong with it is an answer too. `content` reads the content, and is asked only
    /// when everything else about the request is in order. `authenticated` hears of a valid token, whatever it may do.
    package func answer(
        _ request: APIRequest, authenticated: @Sendable () -> Void = {},
        content: @Sendable () async throws(ContentTooLong) -> [UInt8]
    ) async -> APIAnswer {
        do throws(APIProblem) {
            try gate.checkHost(request)
            try gate.checkOrigin(request)
            let (route, values) = try find(request)
            let bearer = try admit(request, route.access, authenticated)
            var call = Call(request: request, path: values, bearer: bearer)
            call.request.content = try await read(content)
            try gate.checkContent(call.request)
            return try await route.handler(self)(call)
        } catch {
            note(error)
            return error.answer
        }
    }

    private func read(
        _ content: @Sendable () async throws(ContentTooLong) -> [UInt8]
    ) async throws(APIProblem) -> [UInt8] {
        do { return try await content() } catch { throw .contentTooLarge(limit: error.limit) }
    }

    private func find(_ request: APIRequest) throws(APIProblem) -> (route: Route, values: [String]) {
        let path = Route.split(request.path)
        let here = routes.compactMap { route in route.match(path).map { (route: route, values: $0) } }
        guard !here.isEmpty else { throw .unknownPath }
        let method = request.method == "HEAD" ? "GET" : request.method
        guard let found = here.first(where: { $0.route.method == method }) else {
            throw .methodNotAllowed(here.map(\.route.method))
        }
        return found
    }

    private func admit(
        _ request: APIRequest, _ access: Route.Access, _ authenticated: () -> Void
    ) throws(APIProblem) -> Bearer? {
        guard access != .open else { return nil }
        let bearer = try gate.bearer(request, at: sidecar.clock(), sidecar.rules.trusted)
        if bearer != nil { authenticated() }
        guard case .roles(let roles) = access else { return bearer.flatMap { $0.role == .issuer ? nil : $0 } }
        guard let bearer else { throw .tokenMissing }
        guard roles.contains(bearer.role) else { throw .roleTooSmall(needed: roles.last ?? .admin, bearer) }
        return bearer
    }

    private func note(_ problem: APIProblem) {
        switch problem {
        case .storeUnavailable(let cause): surroundings.log("store unavailable: \(cause)")
        case .tokensUnreadable(let cause), .tokensUnwritable(let cause): surroundings.log("tokens: \(cause)")
        default: break
        }
    }
}

/// The content went past what is read of it.
package struct ContentTooLong: Error, Sendable {
    package var limit: Int

    package init(limit: Int = ControlAPI.contentLimit) { self.limit = limit }
}
