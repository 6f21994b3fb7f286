import FoundationEssentials

extension AgentSetup {
    /// Writes the files; what was there is replaced, each file at once.
    /// - Parameter readableByAll: for an agent of another user. The files stay ours, so that it can't change them,
    ///   and hold no secret.
    /// - Throws: `NotAFolder`, or what Foundation says, with the path.
    package func write(readableByAll: Bool = false) throws {
        let mode = readableByAll ? 0o755 : 0o700
        let below = files.compactMap { file in file.path.lastIndex(of: "/").map { place(String(file.path[..<$0])) } }
        for path in [folder] + Set(below).sorted() { try makeFolder(path, mode: mode) }
        for file in files {
            let path = place(file.path)
            try file.content.write(to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        }
    }

    /// A folder that is there already must be one, and not a link to somewhere else.
    private func makeFolder(_ path: String, mode: Int) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: mode]
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: attributes)
        guard try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeDirectory
        else {
            throw NotAFolder(path: path)
        }
        try FileManager.default.setAttributes(attributes, ofItemAtPath: path)
    }
}

/// Something else stands where the setup's folder shall be; a link counts as that.
package struct NotAFolder: Error, Equatable {
    package let path: String
}
