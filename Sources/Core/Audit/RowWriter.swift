/// Writes one flat JSON object as canonical bytes: keys in the order of the calls, no space, what is nil left out.
struct RowWriter {
    private(set) var bytes: [UInt8] = []

    init(kind: StaticString) {
        bytes.reserveCapacity(640)
        append("{\"kind\":\"")
        append(kind)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    mutating func put(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        open(key)
        JSONText.append(value, to: &bytes)
    }

    mutating func put(_ key: StaticString, _ value: Int64?) {
        guard let value else { return }
        open(key)
        Self.append(number: value, to: &bytes)
    }

    mutating func put(_ key: StaticString, _ value: Span?) { put(key, value?.microseconds) }

    /// Decimal dollars as text: numbers of JSON are floating point to most readers.
    mutating func put(_ key: StaticString, _ value: Money?) {
        guard let value else { return }
        open(key)
        bytes.append(UInt8(ascii: "\""))
        Self.append(money: value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func put(_ key: StaticString, _ value: Moment) { put(key, value.text) }

    private mutating func open(_ key: StaticString) {
        append(",\"")
        append(key)
        append("\":")
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    static func append(number: Int64, to bytes: inout [UInt8]) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        append(magnitude: number.magnitude, digits: 1, to: &bytes)
    }

    /// As `Money.decimal`, without its strings.
    static func append(money: Money, to bytes: inout [UInt8]) {
        if money.micros < 0 { bytes.append(UInt8(ascii: "-")) }
        let (whole, fraction) = money.micros.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        append(magnitude: whole, digits: 1, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        append(magnitude: fraction, digits: 6, to: &bytes)
        for _ in 0..<4 where bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
    }

    private static func append(magnitude: UInt64, digits: Int, to bytes: inout [UInt8]) {
        var (count, power) = (1, UInt64(10))
        while count < digits || magnitude >= power, count < 20 {
            count += 1
            power = count < 20 ? power * 10 : .max
        }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0x30, count: count))
        var rest = magnitude
        for index in stride(from: start + count - 1, through: start, by: -1) where rest > 0 {
            bytes[index] += UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
