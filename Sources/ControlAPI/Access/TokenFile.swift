internal import Core

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The file that holds the token: one line, mode 0600.
enum TokenFile {
    struct Contents {
        var token: String
        var advice: [String]
    }

    /// 128 random bits in base 62.
    private static let shortest = 22
    private static let longest = 4096

    static func read(_ path: String) throws(TokenProblem) -> Contents {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw opening(path) }
        defer { close(file) }
        let advice = try judge(file, path)
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = bytes.withUnsafeMutableBytes { systemRead(file, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw failed(path) }
        guard let token = token(bytes[..<count]) else { throw .malformed(path: path) }
        return Contents(token: token, advice: advice)
    }

    /// Made under another name and linked into place, so that nobody reads half of it and two starts agree on one.
    static func makeUnlessThere(_ token: String, at path: String) throws(TokenProblem) {
        guard access(path, F_OK) != 0 else { return }
        let new = "\(path).\(String(bytes: Random.letters(8))).new"
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed(path) }
        defer {
            close(file)
            unlink(new)
        }
        let line = Array((token + "\n").utf8)
        guard line.withUnsafeBytes({ systemWrite(file, $0.baseAddress, $0.count) }) == line.count, fsync(file) == 0
        else {
            throw failed(path)
        }
        guard link(new, path) == 0 || errno == EEXIST else { throw failed(path) }
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

    private static func token(_ bytes: ArraySlice<UInt8>) -> String? {
        let line = bytes.last == 0x0A ? bytes.dropLast() : bytes
        guard line.count >= shortest, line.count < longest, line.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        return String(bytes: line)
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

// `read` and `write` would mean ours inside `TokenFile`.
private let systemRead = read
private let systemWrite = write
