import Foundation

/// Days and months as a timezone turns them.
package struct SpendingCalendar: Sendable {
    /// Seconds that local time is ahead of UTC, at a number of seconds since 1970.
    package typealias Offset = @Sendable (Int64) -> Int

    private let offset: Offset

    package init(offset: @escaping Offset) { self.offset = offset }

    package static let utc = SpendingCalendar { _ in 0 }

    /// The calendar of a timezone (`Europe/Berlin`); nil for a name that the system does not know.
    package init?(timeZone name: String) {
        guard let zone = TimeZone(identifier: name) else { return nil }
        offset = { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0))) }
    }

    package func period(at moment: Moment) -> SpendingPeriod {
        let day = localDay(moment.seconds)
        let date = UTC.civil(Int64(day))
        return SpendingPeriod(day: Int32(clamping: day), month: Int32(clamping: date.year * 12 + date.month - 1))
    }

    /// The first instant of the day or month after `current`; nil for periods that do not open again.
    package func resetsAt(_ period: Period, after current: SpendingPeriod) -> Moment? {
        switch period {
        case .day: start(ofDay: Int(current.day) + 1)
        case .month: start(ofDay: Self.firstDay(ofMonth: Int(current.month) + 1))
        case .total, .request: nil
        }
    }

    private static func firstDay(ofMonth month: Int) -> Int {
        Int(UTC.days(Int64(month / 12), Int64(month % 12 + 1), 1))
    }

    /// The first instant at which local time is in `day` or later. Where clocks skip midnight that is the moment of the
    /// skip; where they repeat it, the first of the two.
    private func start(ofDay day: Int) -> Moment {
        let midnight = Int64(day) * 86_400
        let earlier = midnight - Int64(offset(midnight - 86_400 - 43_200))
        if localDay(earlier) >= day, localDay(earlier - 1) < day { return Moment(seconds: earlier) }
        let later = midnight - Int64(offset(midnight + 86_400 + 43_200))
        if localDay(later) >= day, localDay(later - 1) < day { return Moment(seconds: later) }
        return Moment(seconds: firstSecond(ofDay: day, after: min(earlier, later) - 86_400, until: max(earlier, later)))
    }

    /// Halves the interval: the local day is below `day` at `low`, and not at `high`.
    private func firstSecond(ofDay day: Int, after low: Int64, until high: Int64) -> Int64 {
        var (low, high) = (low, high)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if localDay(middle) >= day { high = middle } else { low = middle }
        }
        return high
    }

    private func localDay(_ seconds: Int64) -> Int {
        let local = seconds + Int64(offset(seconds))
        return Int((local >= 0 ? local : local - 86_399) / 86_400)
    }
}

/// The current period under a clock that may be set: it only moves forward, and asks the calendar once a day.
package struct ForwardPeriod: Sendable {
    package private(set) var latest: SpendingPeriod
    private let calendar: SpendingCalendar
    /// Until then `latest` stands.
    private var until: Moment

    /// `latest` is the newest period ever seen, as the store kept it.
    package init(_ calendar: SpendingCalendar, latest: SpendingPeriod? = nil, now: Moment) {
        self.calendar = calendar
        self.latest = latest ?? calendar.period(at: now)
        until = now
        advance(to: now)
    }

    /// The period that a charge made now belongs to.
    package mutating func at(_ now: Moment) -> SpendingPeriod {
        if now >= until { advance(to: now) }
        return latest
    }

    /// When caps of this period open again.
    package func resetsAt(_ period: Period) -> Moment? { calendar.resetsAt(period, after: latest) }

    private mutating func advance(to now: Moment) {
        let current = calendar.period(at: now)
        latest.day = max(latest.day, current.day)
        latest.month = max(latest.month, current.month)
        until = calendar.resetsAt(.day, after: latest) ?? now
    }
}
