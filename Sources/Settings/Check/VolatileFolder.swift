internal import Foundation

/// Finds out whether a folder's files are lost at the next restart.
package enum VolatileFolder {
    /// Why it is volatile; nil when it is not, or when nobody knows.
    package static func reason(_ path: String) -> String? {
        guard case .success(let bytes) = SmallFile.read("/proc/self/mountinfo", limit: 4 << 20) else { return nil }
        switch fileSystem(of: existing(path), String(decoding: bytes, as: UTF8.self)) {
        case "tmpfs", "ramfs": return "is in memory (tmpfs)"
        case "overlay": return "belongs to the container (overlay) and goes with it"
        default: return nil
        }
    }

    /// The kind of the mount that is the longest beginning of the path; of two at one place, the later one.
    private static func fileSystem(of path: String, _ mounts: String) -> String? {
        var best: (point: Substring, kind: Substring)?
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 4, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { continue }
            let point = words[4]
            guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
            if point.count >= best?.point.count ?? 0 { best = (point, words[dash + 1]) }
        }
        return best.map { String($0.kind) }
    }

    /// The nearest folder above that is there, without symbolic links.
    private static func existing(_ path: String) -> String {
        var path = path
        while path.count > 1, access(path, F_OK) != 0 { path = (path as NSString).deletingLastPathComponent }
        return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
