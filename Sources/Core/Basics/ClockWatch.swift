/// Notices when the wall clock is set: it is compared with one that only ever runs on.
package struct ClockWatch: Sendable {
    /// Less is drift, and the time between two readings.
    package static let tolerance = Span.seconds(1)

    /// By how much the wall clock is ahead of the other.
    private var ahead: Span

    package init(wall: Moment, steady: Span) { ahead = Self.ahead(wall, steady) }

    /// By how much the wall clock was set since the last step, back when negative; nil when it was not.
    package mutating func step(wall: Moment, steady: Span) -> Span? {
        let found = Self.ahead(wall, steady)
        let step = Span(microseconds: found.microseconds - ahead.microseconds)
        guard abs(step.microseconds) >= Self.tolerance.microseconds else { return nil }
        ahead = found
        return step
    }

    private static func ahead(_ wall: Moment, _ steady: Span) -> Span {
        Span(microseconds: wall.microseconds - steady.microseconds)
    }
}
