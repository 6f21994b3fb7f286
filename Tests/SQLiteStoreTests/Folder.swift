import Foundation

/// A temporary folder that goes away with its last user.
final class Folder: Sendable {
    let path: String

    /// In memory where hundreds of them are made, which syncs in no time.
    init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let files = FileManager.default
        let parent = inMemory && files.isWritableFile(atPath: memory.path) ? memory : files.temporaryDirectory
        path = parent.appendingPathComponent("store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/store.db" }
}

extension Folder {
    /// All files as they were at one moment, although a writer may be at work: two readings that agree, with every
    /// file read in both, had nothing written between them. Files copied one by one would be of several moments,
    /// which no crash leaves.
    func snapshot() throws -> [String: Data] {
        var last = try? contents()
        for _ in 0..<10_000 {
            let next = try? contents()
            if let next, next == last { return next }
            last = next
        }
        throw NeverStill()
    }

    /// A new folder with the files as they are now.
    func copied() throws -> Folder {
        let copy = try Folder(inMemory: true)
        try copy.replace(with: snapshot())
        return copy
    }

    func replace(with files: [String: Data]) throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: path) { try manager.removeItem(atPath: "\(path)/\(name)") }
        for (name, content) in files { try content.write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
    }

    /// Throws when a file goes away meanwhile.
    private func contents() throws -> [String: Data] {
        try FileManager.default.contentsOfDirectory(atPath: path).reduce(into: [:]) { files, name in
            files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
        }
    }

    private struct NeverStill: Error {}
}
