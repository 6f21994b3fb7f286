internal import Core

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Files that hold tokens or their digests: read with care, mode 0600, replaced whole.
enum TokenFile {
    struct Contents {
        var bytes: [UInt8]
        var advice: [String]

        /// The one line of the master token's file.
        func token(_ path: String) throws(TokenProblem) -> String {
            let line = bytes.last == 0x0A ? bytes.dropLast() : bytes[...]
            guard line.count >= TokenFile.shortest, line.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw .malformed(path: path)
            }
            return String(bytes: line)
        }
    }

    /// 128 random bits in base 62.
    fileprivate static let shortest = 22

    /// - Throws: `.malformed` for a file of `longest` bytes or more.
    static func read(_ path: String, longest: Int = 4096) throws(TokenProblem) -> Contents {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw opening(path) }
        defer { close(file) }
        let advice = try judge(file, path)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < longest {
            let count = piece.withUnsafeMutableBytes { systemRead(file, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw failed(path) }
            guard count > 0 else { return Contents(bytes: bytes, advice: advice) }
            bytes += piece.prefix(count)
        }
        throw .malformed(path: path)
    }

    /// Made under another name and linked into place, so that nobody reads half of it and two starts agree on one.
    static func makeUnlessThere(_ token: String, at path: String) throws(TokenProblem) {
        guard access(path, F_OK) != 0 else { return }
        let new = try write(Array((token + "\n").utf8), besides: path)
        defer { unlink(new) }
        guard link(new, path) == 0 || errno == EEXIST else { throw failed(path) }
    }

    /// Puts these bytes in the place of the file's, so that a crash leaves the old or the new ones.
    static func replace(_ path: String, _ bytes: [UInt8]) throws(TokenProblem) {
        let new = try write(bytes, besides: path)
        guard rename(new, path) == 0 else {
            let problem = failed(path)
            unlink(new)
            throw problem
        }
        // The name, too, must survive a power cut; a file system that can't promise that is no reason to fail.
        let folder = open(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex) + "/", O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    /// A new file of ours with these bytes on the disk; answers its path.
    private static func write(_ bytes: [UInt8], besides path: String) throws(TokenProblem) -> String {
        let new = "\(path).\(String(bytes: Random.letters(8))).new"
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed(path) }
        defer { close(file) }
        guard bytes.withUnsafeBytes({ systemWrite(file, $0.baseAddress, $0.count) }) == bytes.count, fsync(file) == 0
        else {
            let problem = failed(path)
            unlink(new)
            throw problem
        }
        return new
    }

    /// Owner and mode are those of the very file that is read.
    private static func judge(_ file: Int32, _ path: String) throws(TokenProblem) -> [String] {
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw failed(path) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw .malformed(path: path) }
        // Root, for its part, runs commands against the files of the service's user.
        guard facts.st_uid == geteuid() || facts.st_uid == 0 || geteuid() == 0 else {
            throw .foreignOwner(path: path)
        }
        guard facts.st_mode & 0o077 != 0 else { return [] }
        // A mounted secret belongs to our own group; everybody else must be kept out.
        guard facts.st_mode & 0o037 == 0, facts.st_gid == getegid() else { throw .readableByOthers(path: path) }
        return ["\(path): group \(facts.st_gid) can read the token; run: chmod 600 \(path)"]
    }

    private static func opening(_ path: String) -> TokenProblem {
        switch errno {
        case ENOENT, ENOTDIR: .missing(path: path)
        case EACCES, EPERM: .notReadable(path: path)
        default: failed(path)
        }
    }

    private static func failed(_ path: String) -> TokenProblem {
        .failed(path: path, reason: String(cString: strerror(errno)))
    }
}

/// By what one sees that a file, its owner or its mode was changed, or that it was replaced.
struct FileStamp: Equatable, Sendable {
    private var inode: UInt64
    private var size: Int64
    private var seconds: Int
    private var nanoseconds: Int

    /// nil when there is no such file.
    init?(_ path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        (inode, size) = (UInt64(facts.st_ino), Int64(facts.st_size))
        #if canImport(Darwin)
        (seconds, nanoseconds) = (facts.st_ctimespec.tv_sec, facts.st_ctimespec.tv_nsec)
        #else
        (seconds, nanoseconds) = (facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec)
        #endif
    }
}

// `read` and `write` would mean ours inside `TokenFile`.
private let systemRead = read
private let systemWrite = write
