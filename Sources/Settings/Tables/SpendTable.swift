package import Core
internal import Foundation

/// The time zone at whose midnight daily caps reset.
package struct SpendingZone: Sendable {
    private struct Cached: Sendable {
        var quarter: Int64
        var offset: Int64
    }

    /// The IANA name, such as `Europe/Zurich`.
    package let name: String
    private let zone: TimeZone?
    private let cached = Guarded<Cached?>(nil)

    package static let utc = SpendingZone(name: "UTC", zone: nil)

    /// nil when this machine does not know the zone.
    package init?(_ name: String) {
        if name == "UTC" {
            self = .utc
            return
        }
        guard let zone = TimeZone(identifier: name) else { return nil }
        self.init(name: name, zone: zone)
    }

    private init(name: String, zone: TimeZone?) { (self.name, self.zone) = (name, zone) }

    /// Seconds east of UTC at an instant. Remembered for a quarter of an hour: no zone changes within one.
    package func offset(at moment: Moment) -> Int64 {
        guard let zone else { return 0 }
        let quarter = moment.seconds / 900
        return cached.withLockedValue { cached in
            if let cached, cached.quarter == quarter { return cached.offset }
            let date = Date(timeIntervalSince1970: Double(quarter * 900))
            let offset = Int64(zone.secondsFromGMT(for: date))
            cached = Cached(quarter: quarter, offset: offset)
            return offset
        }
    }
}

extension Spend {
    mutating func read(_ value: Value) {
        guard let table = value.table(.spend) else { return }
        table.read("timezone", into: &zone) { value in
            value.text("a time zone such as UTC or Europe/Zurich").flatMap { name in
                SpendingZone(name) ?? value.expected("a time zone that this machine knows, such as Europe/Zurich")
            }
        }
    }
}
