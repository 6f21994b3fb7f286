import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension AgentSetup {
    /// Writes the files; what was there is replaced, each file at once.
    /// - Parameters:
    ///   - directory: where, when that is not where the agent sees them.
    ///   - readableByAll: for an agent of another user. The files stay ours, so that it can't change them,
    ///     and hold no secret.
    ///   - mode: of each file.
    /// - Throws: `ForeignFolder`, or what Foundation says, with the path.
    package func write(to directory: String? = nil, readableByAll: Bool = false, mode: Int = 0o644) throws {
        let directory = directory ?? folder
        let folderMode = readableByAll ? 0o755 : 0o700
        let below = files.compactMap { file in file.path.lastIndex(of: "/").map { file.path[..<$0] } }
        for path in [directory] + Set(below).sorted().map({ directory + "/" + $0 }) {
            try Self.makeFolder(path, mode: folderMode)
        }
        for file in files {
            let path = directory + "/" + file.path
            try file.content.write(to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
    }

    /// A folder that is there already must be one, no link, and ours: whoever owns it can change what agents load.
    package static func makeFolder(_ path: String, mode: Int) throws {
        let wanted: [FileAttributeKey: Any] = [.posixPermissions: mode]
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: wanted)
        let found = try FileManager.default.attributesOfItem(atPath: path)
        let isFolder = found[.type] as? FileAttributeType == .typeDirectory
        guard isFolder, owner(found) == geteuid()
        else { throw ForeignFolder(path: path) }
        try FileManager.default.setAttributes(wanted, ofItemAtPath: path)
    }

    /// The number's type differs between the two Foundations.
    private static func owner(_ attributes: [FileAttributeKey: Any]) -> uid_t? {
        let number = attributes[.ownerAccountID]
        return number as? UInt32 ?? (number as? UInt).map(uid_t.init) ?? (number as? Int).map(uid_t.init)
    }
}

/// Where the setup's folder shall be stands another user's, or something that is none; a link counts as that.
package struct ForeignFolder: Error, Equatable {
    package let path: String
}
