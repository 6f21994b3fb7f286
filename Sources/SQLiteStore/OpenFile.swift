import Foundation

/// A file that is held open, by what tells it from another of its name.
struct OpenFile: Sendable {
    let path: String
    private let identity: Identity

    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64

        init?(_ path: String) {
            var facts = stat()
            guard stat(path, &facts) == 0 else { return nil }
            (device, inode) = (UInt64(facts.st_dev), UInt64(facts.st_ino))
        }
    }

    /// nil when there is no such file. It is only looked at: to open and close it would drop SQLite's locks.
    init?(_ path: String) {
        guard let identity = Identity(path) else { return nil }
        (self.path, self.identity) = (path, identity)
    }

    /// Whether the name still stands for this file.
    var isThere: Bool { Identity(path) == identity }
}
