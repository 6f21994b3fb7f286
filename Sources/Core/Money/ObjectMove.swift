/// What a request does to an object of the vendor's, as far as the request itself tells.
struct ObjectMove: Sendable {
    let rule: ObjectRule
    let kind: ObjectKind
    /// As it stands in the request; letters, digits and `_` only.
    let id: String
    /// Minor units that the request carries.
    let units: Int64?
    let currency: String?

    /// nil: it moves nothing.
    /// - Throws: `.amountAmbiguous`, `.costUnknown`.
    static func read(_ rule: ObjectRule, _ content: Content, _ target: Target) throws(Refusal) -> ObjectMove? {
        let parameters = Parameters(content)
        for name in rule.forbidden where parameters.mentions(name) {
            throw target.costUnknown("the parameter \(name) makes its amount uncertain")
        }
        let units = try rule.amount.flatMap { parameters.mentions($0) ? $0 : nil }.map(parameters.units)
        let currency = try rule.currency.flatMap { parameters.mentions($0) ? $0 : nil }.map(parameters.currency)
        if rule.moves == .given, units == nil, currency == nil { return nil }
        let (name, id) = try object(rule, parameters, target)
        guard let kind = target.vendor.objects[name] else {
            throw target.costUnknown("\(target.vendor.name) has no objects called \(name)")
        }
        guard isPlain(id) else { throw .amountAmbiguous("the \(name) has no plain ID") }
        return ObjectMove(rule: rule, kind: kind, id: String(bytes: id), units: units, currency: currency)
    }

    /// The kind and the ID of the one object that the request names.
    private static func object(
        _ rule: ObjectRule, _ parameters: Parameters, _ target: Target
    ) throws(Refusal) -> (String, [UInt8]) {
        if let kind = rule.inPath {
            let at = target.operation?.endpoint.segments.firstIndex(of: .any)
            guard let at, target.path.segments.indices.contains(at) else {
                throw target.costUnknown("its path names no \(kind)")
            }
            return (kind, Array(target.path.segments[at]))
        }
        let named = rule.parameters.filter { parameters.mentions($0.name) }
        guard let only = named.first, named.count == 1 else {
            throw .amountAmbiguous("not just one of \(rule.parameters.map(\.name).joined(separator: ", "))")
        }
        return (only.kind, try parameters.only(only.name))
    }

    /// What may stand in a path that we make ourselves.
    static func isPlain(_ id: some Collection<UInt8>) -> Bool {
        (1...255).contains(id.count) && id.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    /// The path that answers with the object.
    var path: String { kind.path.replacing("{id}", with: id) }

    /// What it comes to at most, of what is known of the object; nil while that is not enough.
    func amount(_ known: ObjectAmount?) -> ObjectAmount? {
        guard let currency = currency ?? known?.currency, var units = units ?? known?.units else { return nil }
        if rule.moves == .whole {
            // A part may be moved after another part: together they can come to all of it.
            guard let whole = known?.units else { return nil }
            units = max(units, whole)
        }
        return ObjectAmount(units: units, currency: currency)
    }
}

extension Target {
    /// Where an object is on record: its ID means something only for one vendor and one of its accounts (`stripe/pi_1`,
    /// `stripe/acct_2/pi_1`).
    func objectKey(_ id: String, _ accounts: [String]) -> String {
        ([vendor.name] + accounts + [id]).joined(separator: "/")
    }

    /// The accounts that the fields select.
    func accounts(_ fields: Fields) -> [String] {
        vendor.pinnedFields.flatMap { fields.all($0) }.map { String(bytes: $0) }
    }
}

/// What is on record of an object.
package struct ObjectRecord: Sendable, Equatable {
    /// What it holds, as the vendor last said; nil when nobody can be sure any more.
    package var amount: ObjectAmount?
    /// How much of it each account has counted, by the account's ID; those that were touched last are at the end.
    package var counted: [(account: String, money: Money)] = []

    package init() {}

    /// More accounts than this are not remembered: the oldest then counts the object anew.
    package static let accountsKept = 32

    package func counted(by account: String) -> Money {
        counted.first { $0.account.utf8.elementsEqual(account.utf8) }?.money ?? .zero
    }

    /// Takes over what came of a request.
    package mutating func apply(_ seen: ObjectSeen, to accounts: [Account]) {
        // The answer to a creation can be late: others may have moved what it made.
        amount = seen.isNew && self != ObjectRecord() ? nil : seen.amount
        guard let total = seen.total else { return }
        for account in accounts {
            let before = counted(by: account.id)
            counted.removeAll { $0.account.utf8.elementsEqual(account.id.utf8) }
            counted.append((account.id, max(before, total)))
        }
        counted.removeFirst(max(0, counted.count - Self.accountsKept))
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.amount == b.amount && a.counted.elementsEqual(b.counted) { $0.account == $1.account && $0.money == $1.money }
    }
}

/// What a request left behind of an object, to be put on record with its outcome.
package struct ObjectSeen: Sendable, Equatable {
    package var key: String
    /// What the covering accounts have counted of it now; nil: nothing more than before.
    package var total: Money?
    /// What it holds; nil when nobody can be sure.
    package var amount: ObjectAmount?
    /// The request made the object.
    package var isNew = false

    package init(key: String, total: Money?, amount: ObjectAmount?) {
        (self.key, self.total, self.amount) = (key, total, amount)
    }
}
