internal import ControlAPI
internal import Core
internal import Foundation
internal import Settings

/// Where the admin listener is, and the token that it wants.
struct AdminAddress: Sendable {
    var host: String
    var port: Int
    var token: String
    /// Whom the file of the token belongs to, when it was read: the sidecar's user.
    var owner: uid_t?

    /// As the environment says it, or else as the configuration does.
    static func find(
        config: String?, environment: [String: String] = ProcessEnvironment.current
    ) throws(Quit) -> AdminAddress {
        let told = environment["COFFERDAM_ADMIN"].flatMap { $0.isEmpty ? nil : $0 }
        let token = environment["COFFERDAM_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        if let told, let token { return try parse(told, token: token) }
        let places = try whereabouts(config, environment)
        let address = places.listen.admin
        let secret: String
        if let token { secret = token } else { secret = try stored(places) }
        var found = AdminAddress(host: address.host, port: address.port, token: secret)
        if let told { found = try parse(told, token: secret) }
        if token == nil { found.owner = places.stateDir.flatMap(owner) }
        return found
    }

    private static func owner(_ directory: String) -> uid_t? {
        var facts = stat()
        return stat(directory, &facts) == 0 ? facts.st_uid : nil
    }

    private static func whereabouts(_ config: String?, _ environment: [String: String]) throws(Quit) -> Whereabouts {
        do { return try SettingsLoader.whereabouts(explicit: config, environment: environment) } catch {
            throw Quit(error.description, .noInput)
        }
    }

    private static func stored(_ places: Whereabouts) throws(Quit) -> String {
        guard let directory = places.stateDir else {
            throw Quit("no token: set state_dir in the configuration, or export COFFERDAM_TOKEN=…", .noInput)
        }
        do { return try AdminTokens.token(directory: directory) } catch {
            switch error {
            case .notReadable:
                throw Quit("\(error); run as root, or: export COFFERDAM_TOKEN=…", .noPermission)
            case .missing:
                throw Quit("\(error). If it runs as another user: export COFFERDAM_TOKEN=…", .unavailable)
            default: throw Quit("\(error)", .noPermission)
            }
        }
    }

    /// `127.0.0.1:4701`, `[::1]:4701` or `http://127.0.0.1:4701`.
    static func parse(_ text: String, token: String) throws(Quit) -> AdminAddress {
        var rest = text.hasPrefix("http://") ? String(text.dropFirst(7)) : text
        if rest.hasSuffix("/") { rest.removeLast() }
        guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]), port > 0 else {
            throw Quit("COFFERDAM_ADMIN is \"\(text)\"; expected an address such as 127.0.0.1:4701", .dataError)
        }
        let host = rest[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        guard !host.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Quit("COFFERDAM_ADMIN or COFFERDAM_TOKEN is malformed", .dataError)
        }
        return AdminAddress(host: String(host), port: Int(port), token: token)
    }

    /// Whether who listens there may have the token: the sidecar's user, root, or we.
    func trusts(_ owners: Set<uid_t>) -> Bool {
        owner.map { owners.subtracting([$0, 0, geteuid()]).isEmpty } ?? true
    }

    /// As the `Host` field has it.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
