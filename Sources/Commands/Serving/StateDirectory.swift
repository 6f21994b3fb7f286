internal import CProcess
internal import Core
internal import Foundation

/// The folder of token, CA key and store: ours alone.
enum StateDirectory {
    /// Makes it with mode 0700, and refuses one that can't be written, or that others can write.
    static func prepare(_ path: String) throws(StartProblem) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StartProblem("\(path): can't be made: \(error.localizedDescription)", code: .cantCreate)
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw StartProblem(
                "\(path): the state directory can't be written by this user; set state_dir, or: chown it",
                code: .cantCreate)
        }
        try judge(path)
    }

    /// Whoever may write a folder may put another file in the place of any in it, however that one is protected.
    private static func judge(_ path: String) throws(StartProblem) {
        var facts = stat()
        guard stat(path, &facts) == 0 else {
            throw StartProblem("\(path): \(String(cString: strerror(errno)))", code: .ioError)
        }
        // Root runs commands on the folder of the service's user, and could do what it likes to anybody's.
        guard facts.st_uid == geteuid() || facts.st_uid == 0 || geteuid() == 0 else {
            throw StartProblem(
                "\(path): the state directory belongs to another user, who could replace the CA key; "
                    + "set state_dir to a folder of your own, or: chown it", code: .noPermission)
        }
        guard facts.st_mode & 0o022 == 0 else {
            throw StartProblem(
                "\(path): others can write the state directory and replace the CA key; run: chmod 700 \(path) "
                    + "(or set state_dir to a folder in it)",
                code: .noPermission)
        }
    }

    /// Whether a path lies on a file system that dies with the machine or the pod.
    static func isEphemeral(_ path: String) -> Bool {
        // tmpfs and overlayfs, as linux/magic.h has them.
        [0x0102_1994, 0x794C_7630].contains(cprocess_file_system(path))
    }
}

/// Why nothing was started, for the operator, with its sysexits code.
struct StartProblem: Error, CustomStringConvertible {
    var description: String
    var code: SysExit

    init(_ description: String, code: SysExit) { (self.description, self.code) = (description, code) }
}

/// The exit codes of sysexits.h that we use.
enum SysExit: Int32 {
    case usage = 64
    case dataError = 65
    case noInput = 66
    case noUser = 67
    case unavailable = 69
    case software = 70
    case cantCreate = 73
    case ioError = 74
    case temporary = 75
    case noPermission = 77
    case configuration = 78
    /// As shells have them.
    case notExecutable = 126
    case notFound = 127
}

/// The one reader of time.
enum SystemClock {
    static let now: @Sendable () -> Moment = { Moment(microseconds: read(CLOCK_REALTIME)) }

    /// Nobody sets it, and it runs on while the machine sleeps.
    static func steady() -> Span { Span(microseconds: read(CLOCK_BOOTTIME)) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// The process's own environment; what is read here is handed to `Settings`.
enum ProcessEnvironment {
    static var current: [String: String] { ProcessInfo.processInfo.environment }
}

/// A free loopback port, for listeners that were asked for port 0.
enum FreePort {
    static func find() throws(StartProblem) -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw StartProblem("no socket", code: .unavailable) }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
            }
        }
        guard bound else { throw StartProblem("no free port", code: .unavailable) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
