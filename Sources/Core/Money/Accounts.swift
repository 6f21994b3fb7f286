/// How long money counts against a cap.
package enum Period: String, Sendable, Hashable, CaseIterable {
    case day = "daily", month = "monthly", total = "total"
    /// One request alone: no account, only a limit.
    case request = "request"
}

/// The limits of a key, a policy or a budget; nil is no limit.
package struct Caps: Sendable, Equatable {
    package var daily: Money?
    package var monthly: Money?
    package var total: Money?
    package var request: Money?

    package init(daily: Money? = nil, monthly: Money? = nil, total: Money? = nil, request: Money? = nil) {
        (self.daily, self.monthly, self.total, self.request) = (daily, monthly, total, request)
    }

    package var isEmpty: Bool { !limitSums && request == nil }

    /// Whether more than a single request is limited.
    var limitSums: Bool { daily != nil || monthly != nil || total != nil }

    /// The lower of each cap and the other's.
    package func narrowed(to other: Caps) -> Caps {
        func lower(_ a: Money?, _ b: Money?) -> Money? { [a, b].compactMap(\.self).min() }
        return Caps(
            daily: lower(daily, other.daily), monthly: lower(monthly, other.monthly), total: lower(total, other.total),
            request: lower(request, other.request))
    }

    package subscript(_ period: Period) -> Money? {
        switch period {
        case .day: daily
        case .month: monthly
        case .total: total
        case .request: request
        }
    }
}

/// What a policy caps for each run.
package struct RunCaps: Sendable, Equatable {
    package var all: Caps
    /// Caps of single operations, by name.
    package var operations: [String: Caps]

    package init(all: Caps, operations: [String: Caps] = [:]) { (self.all, self.operations) = (all, operations) }
}

/// What money is counted on. Stable across reissue, re-registration, reload and restart.
package struct Account: Sendable, Hashable {
    /// `key`, `policy` or `budget`.
    package enum Kind: String, Sendable { case key, policy, budget }

    package var kind: Kind
    /// `key:KEY_ID`, `policy:NAME:RUN_ID`, `budget:NAME:VALUE,…`.
    package var id: String
    /// For people: `key vk_1`, `run billing-7`, `budget tenants (run billing-7)`.
    package var title: String

    package init(kind: Kind, id: String, title: String) {
        (self.kind, self.id, self.title) = (kind, id, title)
    }

    /// Covers every priced request, without a cap: what status shows as spent today.
    package static let everything = Account(kind: .budget, id: "everything", title: "everything")

    /// Byte by byte, as the store compares: texts are equal to Swift that only look alike.
    package static func == (a: Account, b: Account) -> Bool { a.id.utf8.elementsEqual(b.id.utf8) }

    package func hash(into hasher: inout Hasher) {
        var id = id
        id.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// An account that covers a request, with the caps that hold for it and the rule that set them.
package struct Cover: Sendable {
    package var account: Account
    package var caps: Caps
    package var place: Place?
    /// What the account has counted already of the vendor's object that is moved, beyond what every account has.
    package var ahead = Money.zero

    package init(account: Account, caps: Caps, place: Place?) {
        (self.account, self.caps, self.place) = (account, caps, place)
    }

    /// What an amount comes to on this account.
    package func share(of amount: Money) -> Money { Self.share(of: amount, ahead: ahead) }

    static func share(of amount: Money, ahead: Money) -> Money {
        ahead == .zero ? amount : max(amount - ahead, .zero)
    }
}

/// The days and months that an amount counts in: local calendar days since 1970, and months since year 0.
package struct SpendingPeriod: Sendable, Hashable {
    package var day: Int32
    package var month: Int32

    package init(day: Int32, month: Int32) { (self.day, self.month) = (day, month) }
}
