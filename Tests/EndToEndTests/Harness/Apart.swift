import Foundation
import Harness
import Testing

/// A mount namespace: what is mounted there, nobody else sees, and it ends with its last process.
enum Apart {
    /// The words before a command that make it begin in one, after a line of shell.
    static func after(_ setup: String) -> [String] {
        ["unshare", "-m", "/bin/sh", "-ec", setup + "\nexec \"$0\" \"$@\""]
    }

    /// Skips the test where there are none. Nothing that could be installed would help, so this holds in CI too.
    static func need() async throws {
        let folder = try Folder()
        defer { folder.remove() }
        let works = { try await Child.run("unshare", ["-m", "true"], in: folder).status == 0 }
        guard getuid() == 0, (try? await works()) == true else {
            try Test.cancel("skipped: mount namespaces need root, and a machine that lets it have them")
        }
    }
}
