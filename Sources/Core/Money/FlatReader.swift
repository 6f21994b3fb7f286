/// Counts units and prices them.
struct FlatReader {
    let rule: FlatRule

    func estimate(_ content: Content, _ target: Target) throws(Refusal) -> Money {
        let each = try objects(content.parsed).map { Parameters($0) }
        for name in rule.forbidden where each.contains(where: { $0.mentions(name) }) {
            throw target.costUnknown("the parameter \(name) makes its price uncertain")
        }
        let units = try count(rule.units, content.parsed)
        guard let total = try unitPrice(Parameters(content)).times(max(1, units)) else {
            throw .amountAmbiguous("more units than can be priced")
        }
        return total
    }

    /// What is counted: the content, or each object of its list. Other JSON could be read as anything.
    private func objects(_ parsed: Content.Parsed) throws(Refusal) -> [Content.Parsed] {
        guard case .json(let value) = parsed else { return [parsed] }
        var values = [value]
        if case .each = rule.units, case .array(let list) = value { values = list }
        for value in values {
            guard case .object = value else { throw .amountAmbiguous("the JSON content is not an object") }
        }
        return values.map { .json($0) }
    }

    /// The vendor's own price; nil while it has none.
    func actual(_ answer: JSONValue, _ rates: [String: Money]) -> Money? {
        guard let path = rule.answerPrice, let value = answer[path]?.scalar else { return nil }
        let currency = rule.answerCurrency.flatMap { answer[$0]?.text?.lowercased() } ?? "usd"
        let digits = value.first == UInt8(ascii: "-") ? Array(value.dropFirst()) : value
        guard let amount = Decimals.scaled(digits, digits: 6), let rate = rates[currency] else { return nil }
        let micros = (Int128(amount) * Int128(rate.micros) + 999_999) / 1_000_000
        return Int64(exactly: micros).map(Money.init(micros:))
    }

    private func unitPrice(_ parameters: Parameters) throws(Refusal) -> Money {
        guard let field = rule.prefixField else { return rule.usd }
        let dearest = rule.byPrefix.values.max() ?? rule.usd
        guard parameters.mentions(field) else { return dearest }
        let value = try parameters.only(field)
        let fits = rule.byPrefix.keys.filter { Self.begins(value, with: $0) }
        return fits.max { $0.utf8.count < $1.utf8.count }.flatMap { rule.byPrefix[$0] } ?? dearest
    }

    /// Behind a prefix come digits alone, as many as a number has at most (E.164). What a vendor might read as another
    /// number (`+1 (876)`) has no prefix that could be told.
    private static func begins(_ value: [UInt8], with prefix: String) -> Bool {
        let rest = value.dropFirst(prefix.utf8.count)
        return value.starts(with: prefix.utf8) && rest.count <= 15 && rest.allSatisfy { $0 &- 0x30 < 10 }
    }

    private func count(_ units: FlatRule.Units, _ parsed: Content.Parsed) throws(Refusal) -> Int64 {
        switch units {
        case .one: return 1
        case .count(let fields):
            return try fields.sum { field throws(Refusal) in
                try Parameters(parsed).onlySpelled(field)
                return try strings(field, parsed)
            }
        case .each(let inner): return try each(inner, parsed)
        case .smsSegments(let field):
            let parameters = Parameters(parsed)
            guard parameters.mentions(field) else { return 1 }
            return SMS.segments(String(bytes: try parameters.only(field)))
        }
    }

    private func each(_ units: FlatRule.Units, _ parsed: Content.Parsed) throws(Refusal) -> Int64 {
        guard case .json(.array(let values)) = parsed else { throw .amountAmbiguous("the content is not a JSON array") }
        return try values.sum { value throws(Refusal) in max(1, try count(units, .json(value))) }
    }

    /// Strings in a field; a list that is written into one string counts by its separators.
    private func strings(_ field: String, _ parsed: Content.Parsed) throws(Refusal) -> Int64 {
        switch parsed {
        case .none: return 0
        case .form(let form):
            let values = form.pairs.filter { $0.name.prefix { $0 != UInt8(ascii: "[") }.elementsEqual(field.utf8) }
            return values.reduce(0) { $0 + names($1.value) }
        case .json(let value):
            switch value[field] {
            case nil, .null: return 0
            case .string(let text): return names(Array(text.utf8))
            case .array(let values):
                return try values.sum { value throws(Refusal) in
                    guard let text = value.text else {
                        throw .amountAmbiguous("\(field) holds something other than strings")
                    }
                    return names(Array(text.utf8))
                }
            default: throw .amountAmbiguous("\(field) is neither a string nor a list of strings")
            }
        }
    }

    private func names(_ bytes: [UInt8]) -> Int64 {
        1 + Int64(bytes.count { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") || $0 < 0x20 })
    }
}

extension Sequence {
    /// The sum of what `value` gives; content is bounded, so it fits.
    fileprivate func sum<E: Error>(_ value: (Element) throws(E) -> Int64) throws(E) -> Int64 {
        var sum: Int64 = 0
        for element in self { sum += try value(element) }
        return sum
    }
}

/// SMS segments (3GPP TS 23.038): GSM-7 holds 160 septets, or 153 in each of several; UCS-2 70, or 67.
package enum SMS {
    package static func segments(_ text: String) -> Int64 {
        var septets = 0
        // A character of two units is never cut in half: it can leave the last place of a segment empty.
        var wide = false
        for scalar in text.unicodeScalars {
            if basic.contains(scalar) {
                septets += 1
            } else if extended.contains(scalar) {
                (septets, wide) = (septets + 2, true)
            } else {
                let wide = text.unicodeScalars.contains { $0.value > 0xFFFF }
                return parts(text.utf16.count, single: 70, several: wide ? 66 : 67)
            }
        }
        return parts(septets, single: 160, several: wide ? 152 : 153)
    }

    private static func parts(_ length: Int, single: Int, several: Int) -> Int64 {
        length <= single ? 1 : Int64((length + several - 1) / several)
    }

    private static let basic = Set(
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
            + "¿abcdefghijklmnopqrstuvwxyzäöñüà").unicodeScalars)

    private static let extended = Set("\u{0C}^{}\\[~]|€".unicodeScalars)
}
