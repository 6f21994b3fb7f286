import Core
import Testing

/// Local time that jumps by `change` seconds at `at` (seconds since 1970).
private func zone(_ before: Int, at: Int64, _ after: Int) -> SpendingCalendar {
    SpendingCalendar { $0 < at ? before : after }
}

private func moment(_ text: String) -> Moment { Moment(text: text.utf8) ?? Moment(seconds: 0) }

@Suite struct `The calendar of spending` {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000000Z", 0, 1970 * 12), ("1969-12-31T23:59:59.999999Z", -1, 1969 * 12 + 11),
            ("2026-11-24T00:00:00.000000Z", 20_781, 2026 * 12 + 10),
            ("2028-02-29T23:59:59.999999Z", 21_243, 2028 * 12 + 1),
        ] as [(String, Int32, Int32)])
    func `gives days and months`(_ text: String, _ day: Int32, _ month: Int32) {
        #expect(SpendingCalendar.utc.period(at: moment(text)) == SpendingPeriod(day: day, month: month))
    }

    @Test func `says when the day and the month end`() {
        let period = SpendingCalendar.utc.period(at: moment("2026-12-24T11:00:00.000000Z"))
        #expect(SpendingCalendar.utc.resetsAt(.day, after: period)?.text == "2026-12-25T00:00:00.000000Z")
        #expect(SpendingCalendar.utc.resetsAt(.month, after: period)?.text == "2027-01-01T00:00:00.000000Z")
        #expect(SpendingCalendar.utc.resetsAt(.total, after: period) == nil)
    }

    @Test func `knows the timezones of the system`() throws {
        let berlin = try #require(SpendingCalendar(timeZone: "Europe/Berlin"))
        let before = berlin.period(at: moment("2026-07-01T21:59:59.000000Z"))
        #expect(berlin.period(at: moment("2026-07-01T22:00:00.000000Z")).day == before.day + 1)
        #expect(berlin.resetsAt(.day, after: before)?.text == "2026-07-01T22:00:00.000000Z")
        // The day on which clocks go forward has 23 hours.
        let spring = berlin.period(at: moment("2026-03-29T12:00:00.000000Z"))
        #expect(berlin.resetsAt(.day, after: spring)?.text == "2026-03-29T22:00:00.000000Z")
        #expect(SpendingCalendar(timeZone: "Mars/Olympus") == nil)
    }

    @Test func `begins a day at the skip where clocks skip midnight`() {
        // At 2026-03-08T05:00Z local 00:00 (-5 h) becomes 01:00 (-4 h).
        let at = moment("2026-03-08T05:00:00.000000Z").seconds
        let havana = zone(-18_000, at: at, -14_400)
        let saturday = havana.period(at: Moment(seconds: at - 1))
        #expect(havana.resetsAt(.day, after: saturday) == Moment(seconds: at))
        #expect(havana.period(at: Moment(seconds: at)).day == saturday.day + 1)
    }

    @Test func `begins a day once where clocks repeat midnight`() {
        // At 2026-11-01T05:00Z local 01:00 (-4 h) becomes 00:00 (-5 h); midnight was at 04:00Z and comes again at 05:00Z.
        let at = moment("2026-11-01T05:00:00.000000Z").seconds
        let havana = zone(-14_400, at: at, -18_000)
        let saturday = havana.period(at: moment("2026-11-01T03:59:59.000000Z"))
        #expect(havana.resetsAt(.day, after: saturday)?.text == "2026-11-01T04:00:00.000000Z")
    }

    @Test func `begins a day once where clocks go back over midnight`() {
        // At local 00:00 of the 1st (-3 h, 03:00Z) clocks go back to 23:00 (-4 h): the 1st begins at 03:00Z for an instant.
        let at = moment("2026-04-01T03:00:01.000000Z").seconds
        var forward = ForwardPeriod(zone(-10_800, at: at, -14_400), now: Moment(seconds: at - 2))
        let march = forward.latest
        let april = forward.at(Moment(seconds: at - 1))
        #expect(april.day == march.day + 1 && april.month == march.month + 1)
        #expect(forward.at(Moment(seconds: at + 1800)) == april, "local time is in March again; the period is not")
    }

    @Test func `skips a day where the date line moved`() {
        // Samoa, 2011-12-30: -10 h became +14 h at 10:00Z.
        let at = moment("2011-12-30T10:00:00.000000Z").seconds
        let samoa = zone(-36_000, at: at, 50_400)
        let before = samoa.period(at: Moment(seconds: at - 1))
        #expect(samoa.resetsAt(.day, after: before) == Moment(seconds: at))
        #expect(samoa.period(at: Moment(seconds: at)).day == before.day + 2)
    }
}

@Suite struct `A clock that is set` {
    @Test func `back over midnight leaves the newer day`() {
        var days = ForwardPeriod(.utc, now: moment("2026-11-24T00:00:01.000000Z"))
        let day = days.latest
        #expect(days.at(moment("2026-11-23T23:59:59.000000Z")) == day)
        #expect(days.at(moment("2026-11-24T23:59:59.999999Z")) == day)
        #expect(days.at(moment("2026-11-25T00:00:00.000000Z")).day == day.day + 1)
    }

    @Test func `a day ahead and back does not open the day ahead again`() {
        var days = ForwardPeriod(.utc, now: moment("2026-11-24T12:00:00.000000Z"))
        let ahead = days.at(moment("2026-11-25T12:00:00.000000Z"))
        #expect(days.at(moment("2026-11-24T12:00:00.000000Z")) == ahead)
        #expect(days.at(moment("2026-11-25T00:00:00.000000Z")) == ahead)
        #expect(days.at(moment("2026-11-26T00:00:00.000000Z")).day == ahead.day + 1)
    }

    @Test func `back before a restart finds the newest day as it was kept`() {
        let kept = SpendingPeriod(day: 20_781, month: 2026 * 12 + 10)
        var days = ForwardPeriod(.utc, latest: kept, now: moment("2026-10-01T00:00:00.000000Z"))
        #expect(days.at(moment("2026-10-02T00:00:00.000000Z")) == kept)
        #expect(days.resetsAt(.day)?.text == "2026-11-25T00:00:00.000000Z")
    }
}

@Suite struct `Times as text` {
    @Test(arguments: [
        "1970-01-01T00:00:00.000000Z", "2000-02-29T23:59:59.999999Z", "1900-03-01T00:00:00.000001Z",
        "9999-12-31T23:59:59.999999Z", "2100-02-28T12:30:00.000000Z",
    ])
    func `come back as they were`(_ text: String) { #expect(moment(text).text == text) }

    @Test(arguments: [
        "2026-02-29T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
        "2026-01-01 00:00:00.000000Z", "2026-01-01T00:00:00.00000Z", "2026-01-01T00:00:60.000000Z",
        "+026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000z",
    ])
    func `are read strictly`(_ text: String) { #expect(Moment(text: text.utf8) == nil) }

    @Test func `agree with days counted one by one`() {
        var date = UTC.civil(-800_000)
        for day in Int64(-799_999)...800_000 {
            let next = UTC.civil(day)
            let follows =
                next.day == date.day + 1 && next.month == date.month
                || next.day == 1 && (next.month == date.month + 1 || next.month == 1 && next.year == date.year + 1)
            guard follows, UTC.days(next.year, next.month, next.day) == day else {
                Issue.record("\(next) follows \(date)")
                return
            }
            date = next
        }
    }
}
