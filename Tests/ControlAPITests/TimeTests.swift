import Core
import Testing

@Suite struct `A time in RFC 3339` {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-24T02:11:04Z", 1_795_486_264),
        ("2026-11-24t04:11:04+02:00", 1_795_486_264),
        ("2026-11-23T21:11:04.9-05:00", 1_795_486_264), ("2024-02-29T23:59:59z", 1_709_251_199),
        ("1969-12-31T23:59:59Z", -1),
    ])
    func `is read whatever its offset`(text: String, seconds: Int64) throws {
        #expect(Moment(rfc3339: text)?.seconds == seconds)
    }

    @Test(arguments: [
        "2026-11-24", "2026-11-24T02:11:04", "2026-13-24T02:11:04Z", "2026-02-30T02:11:04Z", "2026-11-24T24:00:00Z",
        "2026-11-24T02:60:04Z", "2026/11/24T02:11:04Z", "2O26-11-24T02:11:04Z", "2026-11-24T02:11:04.Z",
        "2026-11-24T02:11:04+0200", "2026-11-24T02:11:04+24:00", "2026-11-24T02:11:04ZZ", "-026-11-24T02:11:04Z", "",
    ])
    func `is refused when it is malformed`(text: String) {
        #expect(Moment(rfc3339: text) == nil)
    }

    @Test func `is written with milliseconds only where there are some`() {
        #expect(Moment(microseconds: 1_795_486_264_000_999).rfc3339 == "2026-11-24T02:11:04Z")
        #expect(Moment(microseconds: 1_795_486_264_038_000).rfc3339 == "2026-11-24T02:11:04.038Z")
    }
}
