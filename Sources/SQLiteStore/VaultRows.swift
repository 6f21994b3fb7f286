import Core
import Foundation
import GRDB

/// A row of `keys`.
enum KeyRow {
    static let columns = [
        "id", "digest", "label", "vendor", "created", "expires", "revoked", "run", "policy", "fingerprint", "rules",
    ]

    static func bind(_ key: VaultKey, to statement: Prepared) throws -> Prepared {
        statement.bind(key.id).bind(key.digest.bytes).bind(key.label).bind(key.vendor)
            .bind(key.createdAt.microseconds).bind(key.expiresAt.microseconds).bind(key.revokedAt?.microseconds)
        return statement.bind(key.runID).bind(key.policy).bind(key.policyFingerprint).bind(try Rules(key).text)
    }

    static func key(_ row: Row) throws -> VaultKey { try key(row, Allowance(row["rules"])) }

    fileprivate static func key(_ row: Row, _ allowance: Allowance) throws -> VaultKey {
        let rules = allowance.rules
        guard let digest = SecretDigest(stored: Array(row["digest"] as Data)) else {
            throw StoreFailure("damaged: a key's digest")
        }
        var key = VaultKey(
            id: row["id"], digest: digest, label: row["label"], vendor: row["vendor"],
            endpoints: allowance.endpoints, caps: rules.caps,
            createdAt: Moment(microseconds: row["created"]), expiresAt: Moment(microseconds: row["expires"]),
            runID: row["run"], policy: row["policy"], policyFingerprint: row["fingerprint"])
        key.revokedAt = (row["revoked"] as Int64?).map { Moment(microseconds: $0) }
        (key.pinned, key.tags, key.only) = (rules.pinned, rules.tags ?? [:], rules.only ?? [])
        (key.policyCaps, key.issuer) = (rules.policyCaps?.caps, rules.issuer)
        return key
    }

    /// What a key allows, read.
    fileprivate struct Allowance {
        let rules: Rules
        let endpoints: [EndpointPattern]

        init(_ text: String) throws {
            rules = try JSONDecoder().decode(Rules.self, from: Data(text.utf8))
            endpoints = try rules.endpoints.map { try EndpointPattern($0) }
        }
    }

    /// What a key allows, as JSON: endpoints as they were written, caps in micro-dollars.
    fileprivate struct Rules: Codable {
        var endpoints: [String]
        var daily: Int64?
        var monthly: Int64?
        var total: Int64?
        var request: Int64?
        var pinned: [String: [String]]
        /// These are absent in rows of before there were any.
        var tags: Tags?
        var only: [FieldRule]?
        var policyCaps: PolicyCaps?
        var issuer: String?

        init(_ key: VaultKey) {
            endpoints = key.endpoints.map(\.text)
            (daily, monthly) = (key.caps.daily?.micros, key.caps.monthly?.micros)
            (total, request) = (key.caps.total?.micros, key.caps.request?.micros)
            (pinned, tags, only) = (key.pinned, key.tags, key.only)
            (policyCaps, issuer) = (key.policyCaps.map(PolicyCaps.init), key.issuer)
        }

        var caps: Caps { Micros(daily: daily, monthly: monthly, total: total, request: request).caps }

        var text: String {
            get throws { String(bytes: try JSONEncoder().encode(self)) }
        }
    }
}

/// Reads many rows of `keys`. Most keys allow what others do: that is read once, and all of them share it.
struct KeyReader {
    private var known: [String: KeyRow.Allowance] = [:]
    private static let most = 1000

    mutating func key(_ row: Row) throws -> VaultKey {
        let text: String = row["rules"]
        if let allowance = known[text] { return try KeyRow.key(row, allowance) }
        // With tags each user's are others.
        if known.count == Self.most { known = [:] }
        let allowance = try KeyRow.Allowance(text)
        known[text] = allowance
        return try KeyRow.key(row, allowance)
    }
}

/// `RunCaps` as JSON in micro-dollars.
private struct PolicyCaps: Codable {
    var all: Micros
    var operations: [String: Micros]

    init(_ caps: RunCaps) { (all, operations) = (Micros(caps.all), caps.operations.mapValues(Micros.init)) }

    var caps: RunCaps { RunCaps(all: all.caps, operations: operations.mapValues(\.caps)) }
}

private struct Micros: Codable {
    var daily: Int64?
    var monthly: Int64?
    var total: Int64?
    var request: Int64?

    init(daily: Int64?, monthly: Int64?, total: Int64?, request: Int64?) {
        (self.daily, self.monthly, self.total, self.request) = (daily, monthly, total, request)
    }

    init(_ caps: Caps) {
        self.init(
            daily: caps.daily?.micros, monthly: caps.monthly?.micros, total: caps.total?.micros,
            request: caps.request?.micros)
    }

    var caps: Caps {
        Caps(
            daily: daily.map { Money(micros: $0) }, monthly: monthly.map { Money(micros: $0) },
            total: total.map { Money(micros: $0) }, request: request.map { Money(micros: $0) })
    }
}

/// A row of `runs`.
enum RunRow {
    static let columns = ["id", "digest", "created", "deadline", "ended", "revoked", "lease", "tags"]

    static func bind(_ run: Run, to statement: Prepared) -> Prepared {
        statement.bind(run.id).bind(run.digest.bytes).bind(run.createdAt.microseconds).bind(run.deadline.microseconds)
            .bind(run.endedAt?.microseconds).bind(run.revokedAt?.microseconds).bind(run.lease?.microseconds)
            .bind(Tag.text(run.tags))
    }

    static func run(_ row: Row) throws -> Run {
        guard let digest = SecretDigest(stored: Array(row["digest"] as Data)) else {
            throw StoreFailure("damaged: a run's digest")
        }
        var run = Run(
            id: row["id"], digest: digest, createdAt: Moment(microseconds: row["created"]),
            deadline: Moment(microseconds: row["deadline"]),
            lease: (row["lease"] as Int64?).map { Span(microseconds: $0) })
        run.tags = Tag.read(row["tags"])
        run.endedAt = (row["ended"] as Int64?).map { Moment(microseconds: $0) }
        run.revokedAt = (row["revoked"] as Int64?).map { Moment(microseconds: $0) }
        return run
    }
}

/// A row of `stops`.
enum StopRow {
    static let columns = ["id", "target", "created", "until", "reason", "operator"]

    static func bind(_ stop: Stop, to statement: Prepared) -> Prepared {
        statement.bind(stop.id).bind(stop.target.text).bind(stop.createdAt.microseconds)
            .bind(stop.until?.microseconds).bind(stop.reason).bind(stop.by)
    }

    static func stop(_ row: Row) throws -> Stop {
        // One that can't be read must not be forgotten: nothing starts without it.
        guard let target = Stop.Target(row["target"]) else { throw StoreFailure("damaged: what a stop is about") }
        return Stop(
            id: row["id"], target: target, createdAt: Moment(microseconds: row["created"]),
            until: (row["until"] as Int64?).map { Moment(microseconds: $0) }, reason: row["reason"], by: row["operator"]
        )
    }
}
