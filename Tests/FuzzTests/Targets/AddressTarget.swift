@testable import Core
@testable import Settings

/// Addresses, networks and `host:port`, and in the second line an address.
enum AddressTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        let parts = Parts(bytes, 2)
        guard let text = parts.text(0), let other = parts.text(1) else { return }
        if let range = AddressRange(text) {
            try hold((0...(range.network.bytes.count * 8)).contains(range.bits), "more bits than there are")
            try hold(range.contains(range.network, port: range.port), "\(text) does not hold itself")
            if let address = AddressRange.parse(other) { try checkRange(range, address) }
        }
        if let place = HostPort(text: text) {
            try hold((0...65_535).contains(place.port), "no such port")
            try hold(HostPort(text: place.description) == place, "written out, \(text) is \(place)")
        }
        _ = HostName.isValid(text)
    }

    /// Bit by bit.
    private static func checkRange(_ range: AddressRange, _ address: IPAddress) throws(Broken) {
        let (own, theirs) = (range.network.bytes, address.bytes)
        let same = own.count == theirs.count && (0..<range.bits).allSatisfy { own.bit($0) == theirs.bit($0) }
        try hold(range.contains(address, port: range.port) == same, "an address is on the wrong side of the border")
    }
}

extension [UInt8] {
    fileprivate func bit(_ index: Int) -> Bool { self[index / 8] >> (7 - index % 8) & 1 == 1 }
}
