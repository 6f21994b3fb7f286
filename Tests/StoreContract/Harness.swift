package import Core
import NIOConcurrencyHelpers
import Testing

/// A store as the program uses it.
package typealias Store = Ledger & VaultStore & AuditStore

/// One set of books that can be opened, closed and opened again, by whichever store is under test.
package protocol Harness: Sendable {
    /// Opens the books, or makes them.
    func open(_ calendar: SpendingCalendar, _ clock: @escaping Clock) async throws -> any Store
    /// Ends the store in order.
    func close(_ store: any Store) async
    /// Ends the store as a crash does: what was not durable is gone, and nothing is said.
    func crash(_ store: any Store) async throws
}

extension Harness {
    package func open(at now: Moment = .start) async throws -> any Store { try await open(.utc) { now } }
}

/// Something that every store does.
package struct Fact: Sendable, CustomTestStringConvertible {
    package let name: String
    package let holds: @Sendable (any Harness) async throws -> Void

    package var testDescription: String { name }

    init(_ name: String, _ holds: @escaping @Sendable (any Harness) async throws -> Void) {
        (self.name, self.holds) = (name, holds)
    }
}

/// A clock that the test sets.
package final class SetClock: Sendable {
    private let moment: NIOLockedValueBox<Moment>

    package init(_ start: Moment = .start) { moment = NIOLockedValueBox(start) }

    package var now: Moment {
        get { moment.withLockedValue { $0 } }
        set { moment.withLockedValue { $0 = newValue } }
    }
}

extension Moment {
    /// 2026-11-24T12:00:00Z.
    package static let start = Moment(seconds: 1_795_521_600)
}

extension Span {
    package static func hours(_ count: Int64) -> Span { .seconds(count * 3600) }
    package static func days(_ count: Int64) -> Span { .hours(count * 24) }
}
