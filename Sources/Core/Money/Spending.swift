/// What to sum of the money that was spent, and of the requests that were refused.
package struct SpendQuestion: Sendable {
    /// What sums are told apart by.
    package enum Dimension: String, Sendable, CaseIterable {
        case day, vendor, policy, label
        /// The first segments of the label, which `:` divides.
        case labelPrefix = "label_prefix"
        case run, key
        /// The value of `tagName`.
        case tag
    }

    package var by: [Dimension]
    /// Segments of the label that `labelPrefix` keeps.
    package var depth = 1
    /// The tag that `tag` means.
    package var tagName = ""
    package var tags: [String: Glob] = [:]
    package var label: Glob?
    package var runID: Glob?
    package var vendor: String?
    package var policy: String?
    package var keyID: String?
    /// Days as in `SpendingPeriod`, both included.
    package var firstDay: Int32?
    package var lastDay: Int32?

    package init(by: [Dimension]) { self.by = by }

    /// More groups than anybody reads: they must not fill the memory.
    package static let mostGroups = 100_000
}

/// The money of some requests, and how they went.
package struct SpendSum: Sendable, Equatable {
    /// Requests with a price: those that ended, wait for their answer, or are in doubt.
    package var requests: Int64 = 0
    package var refused: Int64 = 0
    package var doubtful: Int64 = 0
    package var spent = Money.zero
    package var held = Money.zero
    package var inDoubt = Money.zero

    package init() {}

    package var counted: Money { spent + held + inDoubt }

    package static func += (sum: inout SpendSum, other: SpendSum) {
        sum.requests += other.requests
        sum.refused += other.refused
        sum.doubtful += other.doubtful
        (sum.spent, sum.held) = (sum.spent + other.spent, sum.held + other.held)
        sum.inDoubt = sum.inDoubt + other.inDoubt
    }
}

/// The answer: a sum for each value of the dimensions, in no order.
package struct SpendReport: Sendable, Equatable {
    package struct Group: Sendable, Equatable {
        /// One for each dimension that was asked for; empty where a request had none.
        package var names: [String]
        package var sum: SpendSum

        package init(names: [String], sum: SpendSum) { (self.names, self.sum) = (names, sum) }
    }

    package var groups: [Group]

    package init(groups: [Group]) { self.groups = groups }

    package var total: SpendSum { groups.reduce(into: SpendSum()) { $0 += $1.sum } }
}

extension SpendQuestion {
    /// The first segments of a label.
    package static func prefix(of label: String, depth: Int) -> String {
        var left = depth
        return String(
            bytes: label.utf8.prefix { byte in
                if byte == UInt8(ascii: ":") { left -= 1 }
                return left > 0
            })
    }

    /// A day as it is written: `2026-11-24`.
    package static func text(ofDay day: Int32) -> String {
        String(UTC.text(Moment(seconds: Int64(day) * 86_400)).prefix(10))
    }
}
