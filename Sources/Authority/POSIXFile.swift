#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The few file calls that need more care than a convenience offers: modes, owners, exclusive creation.
enum POSIXFile {
    /// What was read, and whose it is.
    struct Contents {
        var bytes: [UInt8]
        var owner: UInt32
        var group: UInt32
        /// The permission bits only.
        var mode: UInt32
    }

    /// No certificate, key or root bundle is anywhere near this long.
    private static let longest = 16 << 20

    /// The uid that our files must belong to.
    static var user: UInt32 { geteuid() }

    /// The group that may read our key besides its owner.
    static var group: UInt32 { getegid() }

    /// The system's words for an `errno`.
    static func reason(_ number: Int32) -> String {
        String(cString: strerror(number))
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The owner of a file or directory, if it can be seen.
    static func owner(of path: String) -> UInt32? {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_uid : nil
    }

    /// Reads a regular file; owner and mode are those of the very file that was read.
    static func read(_ path: String) throws(AuthorityError) -> Contents {
        let file = try descriptor(path, O_RDONLY, 0)
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw failure("fstat", path) }
        guard facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= longest else {
            throw .malformed(path: path, reason: "not a regular file of less than 16 MiB")
        }
        let bytes = try drain(file, path)
        return Contents(bytes: bytes, owner: facts.st_uid, group: facts.st_gid, mode: UInt32(facts.st_mode) & 0o7777)
    }

    /// Writes a new file beside `path` and puts it in its place at once, durably: nobody sees half of it.
    static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(AuthorityError) {
        let new = "\(path).\(UInt32.random(in: 1 ... .max)).new"
        do throws(AuthorityError) {
            try create(bytes, at: new, mode: mode)
            guard rename(new, path) == 0 else { throw failure("rename", path) }
        } catch {
            unlink(new)
            throw error
        }
        try synchronize(directory: parent(of: path))
    }

    /// Makes the directory with mode 0700 if it is missing; its parents must be there or are made alike.
    static func makeDirectory(_ path: String) throws(AuthorityError) {
        if exists(path) { return }
        let above = parent(of: path)
        if above != path { try makeDirectory(above) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    /// Runs `work` while no other process is in here with the same `path`.
    static func locked<Result>(
        _ path: String, _ work: () throws(AuthorityError) -> Result
    ) throws(AuthorityError) -> Result {
        let file = try descriptor(path, O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        while flock(file, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("flock", path) }
        }
        return try work()
    }

    private static func create(_ bytes: [UInt8], at path: String, mode: UInt32) throws(AuthorityError) {
        let file = try descriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_t(mode))
        defer { close(file) }
        // The umask may have taken bits that readers of a bundle need.
        guard fchmod(file, mode_t(mode)) == 0 else { throw failure("fchmod", path) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeOnce(file, $0) }
            guard count >= 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw failure("fsync", path) }
    }

    private static func drain(_ file: Int32, _ path: String) throws(AuthorityError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= longest {
            let count = piece.withUnsafeMutableBytes { readOnce(file, $0) }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
        }
        throw .malformed(path: path, reason: "grew while it was read")
    }

    private static func synchronize(directory path: String) throws(AuthorityError) {
        let file = try descriptor(path, O_RDONLY, 0)
        defer { close(file) }
        // Some network file systems refuse to sync a directory (EINVAL); the file itself is safe.
        guard fsync(file) == 0 || errno == EINVAL else { throw failure("fsync", path) }
    }

    private static func descriptor(_ path: String, _ flags: Int32, _ mode: mode_t) throws(AuthorityError) -> Int32 {
        let file = open(path, flags | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure("open", path) }
        return file
    }

    private static func readOnce(_ file: Int32, _ into: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = systemRead(file, into.baseAddress, into.count)
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func writeOnce(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let count = systemWrite(file, bytes.baseAddress, bytes.count)
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func failure(_ call: String, _ path: String) -> AuthorityError {
        .io(call: call, path: path, errno: errno)
    }
}

// `read` and `write` mean ours inside `POSIXFile`.
private let systemRead = read
private let systemWrite = write
