internal import CProcess
internal import Core
internal import Foundation

/// The agent's process: a plain child in our process group, with a clean signal state and none of our descriptors.
///
/// Foundation's `Process` would put it into a group of its own, where it could not read the terminal.
struct ChildProcess {
    let id: pid_t

    /// Starts a program, looked up in the child's `PATH`.
    init(_ command: [String], environment: [String: String]) throws(Quit) {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        let arguments = CStrings(command)
        let variables = CStrings(environment.map { "\($0.key)=\($0.value)" }.sorted())
        guard let program = Self.find(command[0], environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin") else {
            throw Quit("\(command[0]): command not found", .notFound)
        }
        var id = pid_t()
        let code = posix_spawn(&id, program, &actions, &attributes, arguments.pointers, variables.pointers)
        guard code == 0 else { throw Quit("\(command[0]): \(String(cString: strerror(code)))", .notExecutable) }
        self.id = id
    }

    private static func find(_ name: String, _ path: String) -> String? {
        if name.contains("/") { return name }
        let places = path.split(separator: ":").map { "\($0)/\(name)" }
        return places.first { access($0, X_OK) == 0 }
    }

    /// Waits for the end; the code as a shell has it (128 + signal for a killed one).
    func wait() async -> Int32 {
        let id = id
        return await withCheckedContinuation { waiter in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(id, &status, 0) < 0, errno == EINTR {}
                let signal = status & 0x7F
                waiter.resume(returning: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            }
        }
    }

    /// Passes a signal on.
    func send(_ signal: Int32) { kill(id, signal) }
}

/// A null-terminated array of C strings that lives as long as this.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}

/// Passes our signals on to a child for as long as it lives. What comes before it is there, waits for it.
final class SignalPass {
    private struct State {
        var child: ChildProcess?
        var waiting: [Int32] = []
    }

    private let state = Guarded(State())
    private var sources: [any DispatchSourceSignal] = []

    init() {
        // At a terminal the whole group gets SIGINT and SIGQUIT: passing them on would double them.
        let atTerminal = isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp()
        for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
            signal(number, SIG_IGN)
            if atTerminal, number == SIGINT || number == SIGQUIT { continue }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [state] in
                state.withLockedValue {
                    if let child = $0.child { child.send(number) } else { $0.waiting.append(number) }
                }
            }
            source.resume()
            sources.append(source)
        }
    }

    func begin(_ child: ChildProcess) {
        state.withLockedValue {
            $0.child = child
            for number in $0.waiting { child.send(number) }
        }
    }

    func stop() { for source in sources { source.cancel() } }
}
