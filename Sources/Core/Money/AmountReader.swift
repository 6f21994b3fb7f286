/// Reads minor units and a currency out of content and answers.
struct AmountReader {
    let rule: AmountRule
    let vendor: Vendor
    let rates: [String: Money]

    func estimate(_ content: Content, _ target: Target) throws(Refusal) -> Money {
        let parameters = Parameters(content)
        for name in rule.forbidden where parameters.mentions(name) {
            throw target.costUnknown("the parameter \(name) makes its amount uncertain")
        }
        let units = try parameters.units(rule.amount)
        let currency = try parameters.currency(rule.currency)
        guard rates[currency] != nil else { throw target.currencyUnknown(currency) }
        guard let money = vendor.money(ObjectAmount(units: units, currency: currency), rates) else {
            throw .amountAmbiguous("\(rule.amount) is too large")
        }
        return money
    }

    /// What the vendor's answer says; nil when it does not say it plainly.
    func actual(_ answer: JSONValue) -> Money? {
        var kind = ObjectKind(path: "")
        (kind.amount, kind.currency) = (rule.answerAmount, rule.answerCurrency)
        return kind.content(of: answer).flatMap { vendor.money($0, rates) }
    }
}

extension Target {
    func currencyUnknown(_ currency: String) -> Refusal {
        .costUnknown(reason: "no rate is configured for \(currency)", line: "currencies: { \(currency): 1.00 }")
    }
}

/// The parameters of a form or a JSON object, asked for strictly.
struct Parameters {
    private let pairs: [(name: [UInt8], value: [UInt8]?)]

    init(_ content: Content) { self.init(content.parsed) }

    init(_ parsed: Content.Parsed) {
        switch parsed {
        case .none: pairs = []
        case .form(let form): pairs = form.pairs.map { ($0.name, $0.value) }
        case .json(.object(let members)): pairs = members.map { (Array($0.key.utf8), $0.value.scalar) }
        case .json: pairs = []
        }
    }

    /// The value of a parameter that stands there exactly once, in one spelling.
    func only(_ name: String) throws(Refusal) -> [UInt8] {
        let same = pairs.filter { Self.means($0.name, name) }
        guard let first = same.first else { throw .amountAmbiguous("there is no \(name)") }
        guard same.count == 1, first.name.elementsEqual(name.utf8), let value = first.value else {
            throw .amountAmbiguous("\(name) stands there more than once, or is not a single value")
        }
        return value
    }

    /// Minor units in a parameter that stands there once.
    func units(_ name: String) throws(Refusal) -> Int64 {
        guard let units = Decimals.whole(try only(name)) else {
            throw .amountAmbiguous("\(name) is not a plain whole number")
        }
        return units
    }

    /// A currency's code, in lower case.
    func currency(_ name: String) throws(Refusal) -> String {
        let code = ASCII.lowercased(try only(name))
        guard code.count == 3, code.allSatisfy({ $0 &- 0x61 < 26 }) else {
            throw .amountAmbiguous("\(name) is not a currency code")
        }
        return String(bytes: code)
    }

    /// - Throws: when a parameter stands there in a spelling that only a lenient origin takes for `name`.
    func onlySpelled(_ name: String) throws(Refusal) {
        let other = pairs.contains { pair in
            let plain = pair.name.prefix { $0 != UInt8(ascii: "[") }
            return Self.means(pair.name, name) && !plain.elementsEqual(name.utf8)
        }
        if other { throw .amountAmbiguous("\(name) stands there in another spelling") }
    }

    /// Whether a parameter of this name, or one nested in it, is there.
    func mentions(_ name: String) -> Bool { pairs.contains { Self.means($0.name, name) } }

    /// Whether a lenient origin might take one for the other, or for what holds it: without brackets, spaces and case, and
    /// without what a dot nests.
    private static func means(_ spelled: [UInt8], _ name: String) -> Bool {
        let plain = ASCII.trimmed(spelled.prefix { $0 != UInt8(ascii: "[") })
        if ASCII.alike(plain, name) { return true }
        let rest = plain.dropFirst(name.utf8.count)
        return rest.first == UInt8(ascii: ".") && ASCII.alike(plain.prefix(name.utf8.count), name)
    }
}

extension JSONValue {
    /// A string or a number as bytes; nil for anything nested, and for true, false and null.
    var scalar: [UInt8]? {
        switch self {
        case .string(let text), .number(let text): Array(text.utf8)
        case .object, .array, .bool, .null: nil
        }
    }
}
