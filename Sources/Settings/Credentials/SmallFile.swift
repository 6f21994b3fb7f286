internal import Foundation

/// Reads files that are known to be small, and says who else may read them.
enum SmallFile {
    struct Failure: Error {
        var code: Int32
        var reason: String { code == EFBIG ? "it is too large" : String(cString: strerror(code)) }
        var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    }

    static func read(_ path: String, limit: Int) -> Result<[UInt8], Failure> {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return .failure(Failure(code: errno)) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Foundation.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(Failure(code: errno)) }
            if count == 0 { return .success(bytes) }
            bytes.append(contentsOf: piece[..<count])
            if bytes.count > limit { return .failure(Failure(code: EFBIG)) }
        }
    }

    /// The command that closes a file which others than its owner and our own group can read; nil when all is well.
    static func remedyForMode(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        if status.st_mode & S_IROTH != 0 { return "chmod o= \(path)" }
        let ownGroup = status.st_gid == getegid()
        return status.st_mode & S_IRGRP != 0 && !ownGroup ? "chmod go= \(path)" : nil
    }
}
