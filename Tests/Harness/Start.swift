import CProcess
import Foundation

/// How a process of ours begins: in a group of its own, with a clean signal state and no descriptor but the usual three.
///
/// Foundation's `Process` hands descriptors on to whatever else starts at the same time.
struct Start {
    let program: String
    let arguments: [String]
    let variables: [String: String]
    let folder: String

    /// Answers its ID and the pipe to its standard input.
    func spawn(out: String, err: String) throws -> (pid_t, FileHandle) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Machine.Missing(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let (attributes, actions) = (UnsafeMutablePointer<posix_spawnattr_t>.allocate(capacity: 1), FileActions())
        defer { attributes.deallocate() }
        clean(attributes)
        defer { posix_spawnattr_destroy(attributes) }
        actions.set(input: ends[0], out: out, err: err)
        // A shell goes to the folder, and then is the program.
        let shell = ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder, program]
        let (words, pairs) = (CStrings(shell + arguments), CStrings(variables.map { "\($0.key)=\($0.value)" }))
        var id = pid_t()
        let code = posix_spawn(&id, "/bin/sh", actions.raw, attributes, words.pointers, pairs.pointers)
        guard code == 0 else { throw Machine.Missing(description: "\(program): \(String(cString: strerror(code)))") }
        return (id, FileHandle(fileDescriptor: ends[1], closeOnDealloc: true))
    }

    private func clean(_ attributes: UnsafeMutablePointer<posix_spawnattr_t>) {
        posix_spawnattr_init(attributes)
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(attributes, &none)
        posix_spawnattr_setsigdefault(attributes, &all)
        posix_spawnattr_setpgroup(attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(attributes, Int16(flags))
    }
}

/// What happens to descriptors before a process begins.
private final class FileActions {
    let raw = UnsafeMutablePointer<posix_spawn_file_actions_t>.allocate(capacity: 1)

    init() { posix_spawn_file_actions_init(raw) }

    deinit {
        posix_spawn_file_actions_destroy(raw)
        raw.deallocate()
    }

    func set(input: Int32, out: String, err: String) {
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_adddup2(raw, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(raw, STDOUT_FILENO, out, flags, 0o600)
        posix_spawn_file_actions_addopen(raw, STDERR_FILENO, err, flags, 0o600)
        posix_spawn_file_actions_addclosefrom_np(raw, 3)
    }
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
