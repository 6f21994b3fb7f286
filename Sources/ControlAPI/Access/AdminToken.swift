package import Core

/// What a token may do.
package enum Role: String, Sendable, CaseIterable {
    /// Everything.
    case admin
    /// Keys and runs: issue, list, renew, revoke.
    case issuer
    /// Look, and ask why.
    case reader
}

/// Who makes a call, and what it may do.
package struct Bearer: Sendable, Equatable {
    /// As records have it: `the admin token`, `token ci`.
    package var name: String
    package var role: Role
    /// How far it may go; only an issuer's has bounds.
    package var ceiling = Ceiling()
    /// Labels that give tags to its keys and runs, before any others do.
    var templates: [LabelTemplate] = []

    static let master = Bearer(name: "the admin token", role: .admin)
}

/// A named token of the control API; the token itself is shown once and kept nowhere.
struct AdminToken: Sendable, Equatable {
    /// What the old token is after a rotation.
    struct Previous: Sendable, Equatable {
        var digest: SecretDigest
        var until: Moment
    }

    var name: String
    var role: Role
    /// nil for the master token: its file has it.
    var digest: SecretDigest?
    var createdAt: Moment
    /// Who made it.
    var by: String
    /// The token before the last rotation, while it is still good.
    var previous: Previous?
    var ceiling = Ceiling()

    /// The name of the token in the file `token`.
    static let masterName = "master"

    func isOpened(by digest: SecretDigest, at now: Moment) -> Bool {
        let current = self.digest == digest
        let earlier = previous.map { $0.digest == digest && now < $0.until } ?? false
        return current || earlier
    }

    var bearer: Bearer {
        name == Self.masterName ? .master : Bearer(name: "token \(name)", role: role, ceiling: ceiling)
    }
}

extension AdminToken {
    /// As the file `tokens` has it.
    var json: JSONValue {
        .fields([
            ("name", .string(name)), ("role", .string(role.rawValue)), ("sha256", digest.map { .string($0.hex) }),
            ("created_at", .time(createdAt)), ("by", .string(by)),
            ("previous_sha256", previous.map { .string($0.digest.hex) }),
            ("previous_until", previous.map { .time($0.until) }),
            ("ceiling", ceiling == Ceiling() ? nil : .fields(ceiling.members)),
        ])
    }

    /// nil for anything that we did not write.
    init?(_ value: JSONValue) {
        guard let name = value["name"]?.text, Self.isName(name), let role = value["role"]?.text.flatMap(Role.init),
            let createdAt = value["created_at"]?.text.flatMap({ Moment(rfc3339: $0) })
        else { return nil }
        let digest = value["sha256"]?.text.flatMap { SecretDigest(hex: $0) }
        guard digest != nil || name == Self.masterName else { return nil }
        let ceiling: Ceiling
        do throws(APIProblem) {
            ceiling = try Ceiling(ObjectReader((value["ceiling"] ?? .object([])).bytes, known: Ceiling.fields))
        } catch { return nil }
        self.init(name: name, role: role, digest: digest, createdAt: createdAt, by: value["by"]?.text ?? "")
        self.ceiling = ceiling
        if let old = value["previous_sha256"]?.text.flatMap({ SecretDigest(hex: $0) }),
            let until = value["previous_until"]?.text.flatMap({ Moment(rfc3339: $0) })
        {
            previous = Previous(digest: old, until: until)
        }
    }

    /// Names stand in paths and records.
    static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }
}

extension SecretDigest {
    var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(bytes: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    init?(hex: String) {
        let digits = Array(hex.utf8).map(ASCII.hexValue)
        guard digits.count == 64, !digits.contains(nil) else { return nil }
        let halves = digits.compactMap(\.self)
        self.init(stored: stride(from: 0, to: 64, by: 2).map { halves[$0] << 4 | halves[$0 + 1] })
    }
}
