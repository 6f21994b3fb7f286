/// Writes one flat JSON object as canonical bytes: keys in the order of the calls, no space, what is nil left out.
struct RowWriter: ~Copyable {
    private var writer = ByteWriter(capacity: 1024)

    init(kind: StaticString) {
        writer.append("{\"kind\":\"")
        writer.append(kind)
        writer.append(UInt8(ascii: "\""))
    }

    mutating func finish() -> [UInt8] {
        writer.append(UInt8(ascii: "}"))
        return writer.bytes
    }

    mutating func put(_ key: StaticString, _ value: String?) {
        guard let value else { return }
        open(key)
        writer.append(quoted: value)
    }

    mutating func put(_ key: StaticString, _ value: Int64?) {
        guard let value else { return }
        open(key)
        if value < 0 { writer.append(UInt8(ascii: "-")) }
        writer.append(value.magnitude)
    }

    mutating func put(_ key: StaticString, _ value: Span?) { put(key, value?.microseconds) }

    /// Decimal dollars as text: numbers of JSON are floating point to most readers.
    mutating func put(_ key: StaticString, _ value: Money?) {
        guard let value else { return }
        open(key)
        writer.append(UInt8(ascii: "\""))
        put(value)
        writer.append(UInt8(ascii: "\""))
    }

    mutating func put(_ key: StaticString, _ value: Moment) { put(key, value.text) }

    private mutating func open(_ key: StaticString) {
        writer.append(",\"")
        writer.append(key)
        writer.append("\":")
    }

    /// As `Money.decimal`, without its strings: two to six digits of a dollar.
    private mutating func put(_ money: Money) {
        if money.micros < 0 { writer.append(UInt8(ascii: "-")) }
        let (whole, micros) = money.micros.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        writer.append(whole)
        writer.append(UInt8(ascii: "."))
        var (fraction, digits) = (micros, 6)
        while digits > 2, fraction % 10 == 0 { (fraction, digits) = (fraction / 10, digits - 1) }
        writer.append(fraction, digits: digits)
    }
}
