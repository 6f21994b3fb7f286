internal import ArgumentParser
internal import CProcess
internal import ControlAPI
internal import Core
internal import Foundation
internal import Logging
internal import Settings
internal import UnixSignals

/// `cofferdam serve`: the sidecar itself, in the foreground.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the sidecar in the foreground.",
        discussion: """
            Listens for agents (listen.proxy) and operators (listen.admin), both on localhost. SIGHUP reads the \
            configuration anew; SIGTERM ends what is in flight within listen.drain and stops. Logs are lines on stderr.
            """)

    @Option(
        help:
            "The configuration (default: $COFFERDAM_CONFIG, ~/.config/cofferdam/proxy.conf, /etc/cofferdam/proxy.conf)."
    )
    var config: String?

    @Option(help: "How much to log: trace, debug, info, notice, warning, error.")
    var logLevel: LogLevel = .info

    func run() async throws {
        Hardening.apply()
        let logger = Logs.start(logLevel.level)
        let settings = try Startup.settings(config)
        for warning in settings.warnings { logger.warning("\(warning)") }
        let assembly = try Startup.assemble(settings, logger)
        try await Startup.reporting { try await assembly.start() }
        logger.notice(
            "listening",
            metadata: ["proxy": "127.0.0.1:\(assembly.proxyPort)", "admin": "127.0.0.1:\(assembly.adminPort)"])
        await Self.wait(assembly, settings, logger)
    }

    /// Serves until it is told to stop.
    private static func wait(_ assembly: Assembly, _ settings: Settings, _ logger: Logger) async {
        let watch = settings.sourceFile.map { FileWatch($0) { _ = await assembly.reload() } }
        // Setting a secret is a change of the configuration too.
        let secrets = FileWatch(settings.secrets.file) { _ = await assembly.reload() }
        defer {
            watch?.stop()
            secrets.stop()
        }
        for await signal in await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint) {
            if signal == .sighup {
                _ = await assembly.reload()
                continue
            }
            logger.notice("stopping", metadata: ["drain_s": "\(settings.listen.drain.seconds)"])
            return await assembly.stop(drain: settings.listen.drain)
        }
    }
}

/// How much is logged, as an option's value.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

/// What every command that starts a sidecar does first.
enum Startup {
    /// Reads the configuration; all its problems are printed, and nothing starts.
    static func settings(_ explicit: String?, more: [String: String] = [:]) throws -> Settings {
        let environment = ProcessEnvironment.current.merging(more) { $1 }
        do {
            let path = try SettingsLoader.locate(explicit: explicit, environment: environment)
            return try SettingsLoader.load(path: path, environment: environment)
        } catch let problems as ConfigurationProblems {
            throw Quit("\(problems)", .usage)
        } catch {
            throw Quit("\(error)", .noInput)
        }
    }

    /// Settings of `cofferdam run --allow`.
    static func inline(_ order: InlineOrder) throws(Quit) -> Settings {
        do { return try SettingsLoader.inline(order, environment: ProcessEnvironment.current) } catch {
            throw Quit("\(error)", .usage)
        }
    }

    /// The master token of a sidecar that we started.
    static func token(_ stateDir: String) throws(Quit) -> String {
        do { return try AdminTokens.token(directory: stateDir) } catch { throw Quit("\(error)", .noPermission) }
    }

    static func assemble(_ settings: Settings, _ logger: Logger) throws -> Assembly {
        do { return try Assembly(settings, logger: logger) } catch { throw quit(error) }
    }

    static func reporting<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch { throw quit(error) }
    }

    private static func quit(_ error: any Error) -> Quit {
        switch error {
        case let quit as Quit: quit
        case let problem as StartProblem: Quit(problem.description, problem.code)
        case let failure as StoreFailure: Quit(failure.cause, .unavailable)
        default: Quit("\(error)", .configuration)
        }
    }
}

/// Ends a command with words on stderr and an exit code.
struct Quit: Error, CustomStringConvertible {
    var description: String
    var code: SysExit

    init(_ description: String, _ code: SysExit) { (self.description, self.code) = (description, code) }
}

/// Keeps secrets out of core dumps and out of the reach of other processes of the same user.
enum Hardening {
    static func apply() {
        hide()
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        signal(SIGPIPE, SIG_IGN)
        cprocess_keep_memory()
    }

    /// Swift's runtime answers a crash with registers and the memory that they point to, on stderr: only for who asked.
    private static func reportNoCrash() {
        guard getenv("SWIFT_BACKTRACE") == nil else { return }
        for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }

    /// Files and sockets that the process may have open.
    static var descriptors: Int {
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        return Int(clamping: files.rlim_cur)
    }

    /// For a command that starts an agent: its limits are the agent's too, so only what hides us is changed.
    static func hide() {
        // libcurl and OpenSSL would write the keys of every connection there.
        unsetenv("SSLKEYLOGFILE")
        _ = cprocess_hide_process()
        reportNoCrash()
        var core = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        core.rlim_cur = 0
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
    }
}
