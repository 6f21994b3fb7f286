/// An instant: microseconds since 1970-01-01T00:00:00Z.
package struct Moment: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    package static func < (a: Moment, b: Moment) -> Bool { a.microseconds < b.microseconds }

    package static func + (a: Moment, b: Span) -> Moment { Moment(microseconds: a.microseconds + b.microseconds) }

    package static func - (a: Moment, b: Moment) -> Span { Span(microseconds: a.microseconds - b.microseconds) }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000 }
}

/// A duration in microseconds.
package struct Span: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func seconds(_ count: Int64) -> Span { Span(microseconds: count * 1_000_000) }

    package static func milliseconds(_ count: Int64) -> Span { Span(microseconds: count * 1000) }

    package static func < (a: Span, b: Span) -> Bool { a.microseconds < b.microseconds }

    package var seconds: Double { Double(microseconds) / 1_000_000 }
}

/// Tells the time; injected, so that tests own it.
package typealias Clock = @Sendable () -> Moment
