internal import Core
internal import Foundation

/// Notices when a file changes, also by a symlink that is swapped (as Kubernetes mounts configurations).
///
/// It looks once a second at what the path leads to: that sees every kind of change, on every file system.
final class FileWatch: Sendable {
    private struct Stamp: Equatable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private let task: Task<Void, Never>

    init(_ path: String, _ changed: @escaping @Sendable () async -> Void) {
        let first = Self.stamp(path)
        task = Task {
            var known = first
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                // A file that is being replaced may be missing for a moment.
                guard let now = Self.stamp(path), now != known else { continue }
                known = now
                await changed()
            }
        }
    }

    func stop() { task.cancel() }

    private static func stamp(_ path: String) -> Stamp? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        return Stamp(
            device: UInt64(info.st_dev), inode: UInt64(info.st_ino), size: Int64(info.st_size),
            seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec)
    }
}
