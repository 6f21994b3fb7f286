internal import Core
internal import Foundation

/// Files for the owner's eyes only.
package enum PrivateFile {
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// Writes a file of mode 0600; what was there is replaced at once, and stays when this fails.
    package static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let new = "\(path).\(String(bytes: Random.letters(8))).new"
        let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(path) }
        defer {
            close(file)
            unlink(new)
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
        giveToOwner(file, path)
        guard fsync(file) == 0, rename(new, path) == 0 else { throw failure(path) }
        sync(folderOf: path)
    }

    /// What root writes belongs to whom the folder belongs to: the service must be able to read it.
    static func giveToOwner(_ file: CInt, _ path: String) {
        var folder = stat()
        guard geteuid() == 0, stat(URL(fileURLWithPath: path).deletingLastPathComponent().path, &folder) == 0,
            folder.st_mode & 0o022 == 0
        else { return }
        fchown(file, folder.st_uid, folder.st_gid)
    }

    /// The new name survives a power cut.
    private static func sync(folderOf path: String) {
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    private static func failure(_ path: String) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
}
