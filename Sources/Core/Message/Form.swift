/// Form-encoded content (`application/x-www-form-urlencoded`) as decoded pairs, in order.
package struct Form: Sendable, Equatable {
    package struct Pair: Sendable, Equatable {
        package var name: [UInt8]
        package var value: [UInt8]

        package init(name: [UInt8], value: [UInt8]) { (self.name, self.value) = (name, value) }
    }

    package var pairs: [Pair] = []

    package init() {}

    /// Reads strictly: a broken percent escape, a control byte or too many pairs make the whole form unreadable (nil).
    package init?(_ bytes: some Collection<UInt8>) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let part = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest.dropFirst(part.count + 1)
            guard !part.isEmpty else { continue }
            let encodedName = part.prefix { $0 != UInt8(ascii: "=") }
            guard let name = Percent.decodeForm(encodedName), Self.isName(name),
                let value = Percent.decodeForm(part.dropFirst(encodedName.count + 1)),
                pairs.count < ContentBounds.judged.parts
            else { return nil }
            pairs.append(Pair(name: name, value: value))
        }
    }

    /// Whether each name is one that everybody reads alike: printable ASCII, and behind it what brackets nest. Rack takes
    /// `[amount]` and `amount]` for `amount`; others cut at a NUL, or drop what is not ASCII.
    var namesArePlain: Bool { pairs.allSatisfy { Self.isPlain($0.name) } }

    static func isPlain(_ name: [UInt8]) -> Bool {
        let base = name.prefix { $0 != UInt8(ascii: "[") }
        guard !base.isEmpty, base.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "]") }) else {
            return false
        }
        var rest = name.dropFirst(base.count)
        while let first = rest.first {
            guard first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let inner = rest[(rest.startIndex + 1)..<end]
            guard inner.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "[") }) else { return false }
            rest = rest[(end + 1)...]
        }
        return true
    }

    /// The form with everything but unreserved characters percent-encoded: one canonical spelling.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pairs.reduce(0) { $0 + $1.name.count + $1.value.count + 2 })
        for (index, pair) in pairs.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            Percent.encode(pair.name, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            Percent.encode(pair.value, to: &bytes)
        }
        return bytes
    }

    /// JSON as form fields, in the bracket spelling of the vendors that take forms: `a[b]=1`, `a[0]=x`. nil for what is
    /// no object, or has a name that a form can't have.
    package init?(json: JSONValue) {
        guard case .object = json else { return nil }
        json.eachField { pairs.append(Pair(name: $0, value: $1 ?? [])) }
        guard pairs.allSatisfy({ Self.isName($0.name) }) else { return nil }
    }

    /// A NUL in it would be its end for some origins.
    private static func isName(_ name: [UInt8]) -> Bool { !name.isEmpty && name.allSatisfy { $0 >= 0x20 } }
}

extension JSONValue {
    /// Visits what is in an object, with the names of nested things in brackets: `a[b]`, `a[0]`; null has no value.
    func eachField(_ visit: (_ name: [UInt8], _ value: [UInt8]?) -> Void) {
        guard case .object(let members) = self else { return }
        for member in members { member.value.eachField(Array(member.key.utf8), visit) }
    }

    private func eachField(_ name: [UInt8], _ visit: (_ name: [UInt8], _ value: [UInt8]?) -> Void) {
        switch self {
        case .object(let members):
            for member in members { member.value.eachField(name + "[".utf8 + member.key.utf8 + "]".utf8, visit) }
        case .array(let values):
            for (index, value) in values.enumerated() { value.eachField(name + "[\(index)]".utf8, visit) }
        case .string(let text), .number(let text): visit(name, Array(text.utf8))
        case .bool(let flag): visit(name, Array((flag ? "true" : "false").utf8))
        case .null: visit(name, nil)
        }
    }
}

/// Percent encoding (RFC 3986).
package enum Percent {
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        ASCII.isAlphanumeric(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
    }

    package static func encode(_ bytes: some Collection<UInt8>, to output: inout [UInt8]) {
        if bytes.allSatisfy(isUnreserved) { return output.append(contentsOf: bytes) }
        for byte in bytes {
            if isUnreserved(byte) {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), upperHex[Int(byte >> 4)], upperHex[Int(byte & 15)]]
            }
        }
    }

    /// Decodes a form's name or value: `+` is a space; nil for a broken escape.
    static func decodeForm(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        guard bytes.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "%") }) else { return Array(bytes) }
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var at = bytes.startIndex
        while at < bytes.endIndex {
            switch bytes[at] {
            case UInt8(ascii: "+"): output.append(0x20)
            case UInt8(ascii: "%"):
                guard at + 2 < bytes.endIndex, let high = ASCII.hexValue(bytes[at + 1]),
                    let low = ASCII.hexValue(bytes[at + 2])
                else { return nil }
                output.append(high << 4 | low)
                at += 2
            default: output.append(bytes[at])
            }
            at += 1
        }
        return output
    }

    /// Decodes a segment whose escapes were checked; what is no escape stays.
    static func decode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let bytes = Array(bytes)
        var output: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = ASCII.hexValue(bytes[at + 1]),
                let low = ASCII.hexValue(bytes[at + 2])
            {
                output.append(high << 4 | low)
                at += 3
            } else {
                output.append(bytes[at])
                at += 1
            }
        }
        return output
    }

    static let upperHex = Array("0123456789ABCDEF".utf8)
}
