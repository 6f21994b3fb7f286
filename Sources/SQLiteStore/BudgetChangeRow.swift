import Core
import Foundation
import GRDB

/// A row of `budget_changes`.
enum BudgetChangeRow {
    static let columns = ["id", "budget", "value", "caps", "created", "until", "reason", "operator"]

    static func bind(_ change: BudgetChange, to statement: Prepared) throws -> Prepared {
        statement.bind(change.id).bind(change.budget).bind(change.value).bind(try CapsText(change.caps).text)
            .bind(change.createdAt.microseconds).bind(change.until?.microseconds).bind(change.reason).bind(change.by)
    }

    static func change(_ row: Row) throws -> BudgetChange {
        BudgetChange(
            budget: row["budget"], value: row["value"], caps: try CapsText.caps(row["caps"]),
            createdAt: Moment(microseconds: row["created"]),
            until: (row["until"] as Int64?).map { Moment(microseconds: $0) }, reason: row["reason"], by: row["operator"]
        )
    }
}

/// Caps as JSON, in micro-dollars.
private struct CapsText: Codable {
    var daily: Int64?
    var monthly: Int64?
    var total: Int64?
    var request: Int64?

    init(_ caps: Caps) {
        (daily, monthly) = (caps.daily?.micros, caps.monthly?.micros)
        (total, request) = (caps.total?.micros, caps.request?.micros)
    }

    var caps: Caps {
        Caps(
            daily: daily.map { Money(micros: $0) }, monthly: monthly.map { Money(micros: $0) },
            total: total.map { Money(micros: $0) }, request: request.map { Money(micros: $0) })
    }

    var text: String {
        get throws { String(bytes: try JSONEncoder().encode(self)) }
    }

    static func caps(_ text: String) throws -> Caps {
        try JSONDecoder().decode(CapsText.self, from: Data(text.utf8)).caps
    }
}
