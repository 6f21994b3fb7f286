internal import Authority
internal import ControlAPI
internal import Core
internal import FoundationEssentials
internal import Listener
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OriginClient
internal import Settings
internal import ServiceLifecycle
internal import SQLiteStore

/// A whole sidecar, wired: the one place that knows every part.
final class Assembly: Sendable {
    let sidecar: Sidecar
    let exchange: Exchange
    let authority: LocalAuthority
    let tokens: AdminTokens
    let store: SQLiteStore
    let logger: Logger
    let settings: Guarded<Settings>
    /// Those of the start: some of them stay in force.
    let started: Settings
    private let limits: ServingLimits
    private let origin: CurlOrigin
    private let group: MultiThreadedEventLoopGroup
    let proxy: ProxyServer
    let lifecycle = Guarded(Lifecycle())
    /// The reload that was asked for last: one goes on at a time.
    let reloads = Guarded<Task<Surroundings.Reload, Never>?>(nil)

    struct Lifecycle: Sendable {
        var ready = false
        var proxyPort = 0
        var adminPort = 0
        /// All that agents reach: the one for all, and the runs' own.
        var listeners: [any Channel] = []
        /// The runs' own among them.
        var own: [(listener: RunListener, channel: any Channel)] = []
        var housekeeping: [Task<Void, Never>] = []
    }

    /// Opens everything that can fail before a port is bound.
    init(_ settings: Settings, logger: Logger) throws {
        try StateDirectory.prepare(settings.stateDir)
        self.logger = logger
        (self.settings, started) = (Guarded(settings), settings)
        let clock = SystemClock.now
        limits = settings.listen.limits.within(descriptors: Hardening.descriptors)
        authority = try LocalAuthority.open(directory: settings.stateDir)
        tokens = try AdminTokens.open(directory: settings.stateDir)
        let zone = settings.spend.zone
        let calendar = SpendingCalendar { Int(zone.offset(at: Moment(seconds: $0))) }
        store = try SQLiteStore.open(path: settings.store.sqlite, calendar: calendar, clock: clock, log: logger)
        sidecar = Sidecar(
            rules: settings.rules, vaultStore: store, ledger: store, audit: store, clock: clock,
            limits: limits,
            warn: { logger.warning("\($0)") })
        group = MultiThreadedEventLoopGroup(numberOfThreads: settings.listen.threads)
        let loops = Array(group.makeIterator())
        let lanes = loops.enumerated().map { index, loop in
            Lane(index: index) { work in loop.execute(work) }
        }
        var curl = CurlSettings()
        curl.maxConnections = min(curl.maxConnections, max(1, limits.requests / lanes.count))
        origin = try CurlOrigin(lanes: lanes, settings: curl, logger: logger)
        exchange = Exchange(
            sidecar: sidecar, origin: origin, keyService: Self.keyService(sidecar, tokens, logger))
        var patience = Limits()
        patience.connections = limits.connections
        proxy = ProxyServer(
            exchange: exchange, authority: authority, group: group, loops: loops, limits: patience, logger: logger)
        for advice in authority.advice + tokens.advice { logger.warning("\(advice)") }
    }

    /// What `virtual_hosts.api` answers; it needs nothing that is known only once we listen.
    private static func keyService(
        _ sidecar: Sidecar, _ tokens: AdminTokens, _ logger: Logger
    ) -> any KeyService {
        var surroundings = Surroundings(version: Version.current)
        surroundings.log = { logger.notice("\($0)") }
        return VirtualKeyService(sidecar: sidecar, tokens: tokens, surroundings: surroundings)
    }

    var proxyPort: Int { lifecycle.withLockedValue { $0.proxyPort } }

    var adminPort: Int { lifecycle.withLockedValue { $0.adminPort } }

    /// Loads what is live and binds the listeners; returns when all of them take requests.
    func start() async throws {
        try await sidecar.load()
        let listen = settings.withLockedValue { $0.listen }
        let port = try await bind(listen.proxy).localAddress?.port ?? listen.proxy.port
        lifecycle.withLockedValue { $0.proxyPort = port }
        for listener in listen.runs { try await open(listener) }
        adopt(sidecar.rules)
        try await startControl(listen)
        sidecar.troubles.withLockedValue { $0.configurationLoadedAt = sidecar.clock() }
        lifecycle.withLockedValue { $0.ready = true }
        keepHouse()
        keepStoreSmall()
    }

    func bind(_ address: HostPort, owner: String? = nil) async throws -> any Channel {
        do {
            let channel = try await proxy.start(host: address.host, port: address.port, owner: owner)
            lifecycle.withLockedValue { $0.listeners.append(channel) }
            return channel
        } catch {
            throw StartProblem(
                "\(address): can't listen: \(error); is another cofferdam serve running?", code: .unavailable)
        }
    }

    /// Takes new rules, with the names by which clients may address the gateway.
    func adopt(_ rules: Rules) {
        var rules = rules
        let ports = lifecycle.withLockedValue { $0.listeners.compactMap { $0.localAddress?.port } }
        rules.ownAuthorities = Set(ports.flatMap { ["127.0.0.1:\($0)", "localhost:\($0)", "[::1]:\($0)"] })
        sidecar.replace(rules)
    }

    // MARK: Control

    private func startControl(_ listen: Listen) async throws {
        let surroundings = self.surroundings
        let hosts = ["127.0.0.1", "localhost", "[::1]"].map { "\($0):" }
        let port = try await serve(listen.admin) { port in
            ControlAPI(
                sidecar: self.sidecar, tokens: self.tokens, hosts: Set(hosts.map { $0 + String(port) }),
                surroundings: surroundings)
        }
        lifecycle.withLockedValue { $0.adminPort = port }
        guard let probes = listen.probes else { return }
        _ = try await serve(probes) { _ in .probes(sidecar: self.sidecar, surroundings: surroundings) }
    }

    /// Serves an API in a task of its own; answers the port once it listens.
    private func serve(_ address: HostPort, _ api: @escaping @Sendable (Int) -> ControlAPI) async throws -> Int {
        let wanted = try address.port == 0 ? FreePort.find() : address.port
        var quiet = logger
        quiet.logLevel = .critical
        let (started, listening) = AsyncStream<Int>.makeStream()
        var crowd = ConnectionLimits()
        crowd.connections = limits.operators
        let application = api(wanted).application(host: address.host, port: wanted, logger: quiet, limits: crowd) {
            port in
            listening.yield(port)
        }
        let service = Task {
            defer { listening.finish() }
            try await application.run()
        }
        for await port in started { return port }
        do { try await service.value } catch {
            throw StartProblem(
                "\(address): can't listen: \(error); is another cofferdam serve running?", code: .unavailable)
        }
        throw StartProblem("\(address): can't listen", code: .unavailable)
    }

    private var surroundings: Surroundings {
        let settings = self.settings.withLockedValue { $0 }
        var surroundings = Surroundings(version: Version.current)
        surroundings.proxyAddress = "127.0.0.1:\(proxyPort)"
        surroundings.store = .init(
            kind: "sqlite", path: settings.store.sqlite, ephemeral: StateDirectory.isEphemeral(settings.store.sqlite))
        let (authority, zone) = (authority, settings.spend.zone)
        surroundings.authorityExpiresAt = { Moment(seconds: Int64(authority.expiresAt.timeIntervalSince1970)) }
        surroundings.authority = { authority.certificatePEM }
        surroundings.localTime = { $0 + .seconds(zone.offset(at: $0)) }
        surroundings.ready = { [weak self] in self?.lifecycle.withLockedValue { $0.ready } ?? false }
        surroundings.reload = { [weak self] in await self?.reload() ?? .rejected("stopping") }
        let logger = logger
        surroundings.log = { logger.notice("\($0)") }
        surroundings.environment = { [weak self] runID, secret in
            self?.agentEnvironment(runID: runID, secret: secret) ?? [:]
        }
        return surroundings
    }

    /// The variables that suffice for most clients; `cofferdam run` and `cofferdam env` give the rest.
    private func agentEnvironment(runID: String, secret: String) -> [String: String] {
        // A colon would end the user's part of the URL.
        let proxy = "http://\(runID.replacing(":", with: "%3A")):\(secret)@127.0.0.1:\(proxyPort)"
        return ["HTTPS_PROXY": proxy, "https_proxy": proxy, "HTTP_PROXY": proxy, "http_proxy": proxy]
    }

    // MARK: Housekeeping and end

    /// Minute by minute: what is over leaves memory, and the store's health is told.
    private func keepHouse() {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                guard let self else { return }
                self.store.checkFile()
                self.sidecar.troubles.withLockedValue { $0.store = self.store.trouble?.cause }
                await self.sidecar.follow(SystemClock.steady())
                self.sidecar.tellUnrecorded()
                self.sidecar.vault.cutExpired()
                self.sidecar.vault.forgetEnded()
                await self.sidecar.stops.forgetOver()
            }
        }
        lifecycle.withLockedValue { $0.housekeeping.append(task) }
    }

    /// Once an hour: what has been over for longer than it is to be kept is removed.
    private func keepStoreSmall() {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(60))
                guard let self else { return }
                let retention = self.settings.withLockedValue { $0.store.retention }
                do throws(StoreFailure) { try await self.store.prune(retention) } catch {
                    if !Task.isCancelled { self.logger.warning("not pruned", metadata: ["cause": "\(error.cause)"]) }
                }
                try? await Task.sleep(for: .seconds(3540))
            }
        }
        lifecycle.withLockedValue { $0.housekeeping.append(task) }
    }

    /// Stops taking agents' connections, lets what is in flight end within `drain`, cuts the rest, and closes the books.
    ///
    /// The control API ends with the process. Its server can't be ended before: a connection that it has accepted and not
    /// begun to serve traps then (https://github.com/apple/swift-nio/issues/2637).
    func stop(drain: Span) async {
        let (listeners, housekeeping) = lifecycle.withLockedValue { state in
            state.ready = false
            return (state.listeners, state.housekeeping)
        }
        for task in housekeeping { task.cancel() }
        proxy.drain()
        for listener in listeners { try? await listener.close() }
        let end = sidecar.clock() + drain
        while sidecar.inFlight.count > 0, sidecar.clock() < end { try? await Task.sleep(for: .milliseconds(50)) }
        sidecar.inFlight.cut(.shutdown) { _ in true }
        for _ in 0..<20 where sidecar.inFlight.count > 0 { try? await Task.sleep(for: .milliseconds(50)) }
        await origin.stop()
        await store.close()
        try? await group.shutdownGracefully()
    }
}
