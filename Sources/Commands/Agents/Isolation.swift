internal import Foundation

/// What stands between the agent and our secrets.
enum Isolation {
    /// The agent runs as we do: it protects against accidents only.
    case none
    /// Another user owns the sidecar's state.
    case otherOwner
    /// The agent is another user, who can't read it.
    case user(UserAccount)

    var title: String {
        switch self {
        case .none: "none (same user)"
        case .otherOwner: "the sidecar is another user's"
        case .user(let account): "user \(account.name)"
        }
    }

    static func of(user: String?, stateDir: String) throws(Quit) -> Isolation {
        guard let user else { return owner(stateDir) == getuid() || getuid() == 0 ? .none : .otherOwner }
        guard getuid() == 0 else {
            throw Quit("--user needs root; run cofferdam as root, or without --user", .noPermission)
        }
        guard let account = UserAccount(user) else { throw Quit("--user: there is no user \"\(user)\"", .noUser) }
        guard account.id != 0 else { throw Quit("--user: root can read everything; name another user", .usage) }
        return .user(account)
    }

    private static func owner(_ path: String) -> uid_t {
        var info = stat()
        return stat(path, &info) == 0 ? info.st_uid : getuid()
    }

    /// The command that runs `command` so isolated; `setpriv` (util-linux) drops what root had.
    func wrap(_ command: [String]) -> [String] {
        guard case .user(let account) = self else { return command }
        return [
            "/usr/bin/setpriv", "--reuid=\(account.id)", "--regid=\(account.group)", "--init-groups", "--no-new-privs",
            "--inh-caps=-all", "--",
        ] + command
    }

    /// The child's own home and name.
    func adapt(_ environment: inout [String: String]) {
        guard case .user(let account) = self else { return }
        environment["HOME"] = account.home
        environment["USER"] = account.name
        environment["LOGNAME"] = account.name
        for name in ["XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "SSH_AUTH_SOCK"] {
            environment[name] = nil
        }
    }

    var isOtherUser: Bool { if case .user = self { true } else { false } }
}

/// A user of this machine.
struct UserAccount {
    let name: String
    let id: uid_t
    let group: gid_t
    let home: String

    /// The name of the user that we run for; with sudo that is not root.
    static var current: String? {
        ProcessEnvironment.current["SUDO_USER"] ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) }
    }

    init?(_ name: String) {
        guard let entry = getpwnam(name) else { return nil }
        self.name = name
        (id, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        home = String(cString: entry.pointee.pw_dir)
    }
}
