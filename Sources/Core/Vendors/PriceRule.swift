/// What an operation costs, as the catalogue or the configuration says.
package enum PriceRule: Sendable {
    case free
    case amount(AmountRule)
    case flat(FlatRule)
    /// The amount is that of an object of the vendor's.
    case object(ObjectRule)
    /// Priced by the model's tokens. Not priced yet.
    case tokens
    /// Can't be priced on purpose, with the reason.
    case unknown(String)

    /// The rule's name, as `explain` and the audit record show it.
    package var name: String {
        switch self {
        case .free: "free"
        case .amount: "amount"
        case .flat: "flat"
        case .object: "object"
        case .tokens: "tokens"
        case .unknown: "unknown"
        }
    }
}

/// Minor units and a currency in the content.
package struct AmountRule: Sendable {
    package var amount: String
    package var currency: String
    /// Parameters whose presence makes the amount uncertain.
    package var forbidden: [String] = []
    /// The kind of the object that it makes: what counts for it here, counts.
    package var creates: String?
    package var answerAmount: JSONPath
    package var answerCurrency: JSONPath

    package init(amount: String, currency: String) {
        (self.amount, self.currency) = (amount, currency)
        (answerAmount, answerCurrency) = (JSONPath(amount), JSONPath(currency))
    }
}

/// USD for each unit, times units.
package struct FlatRule: Sendable {
    package indirect enum Units: Sendable {
        case one
        /// The number of strings in these fields of the content.
        case count([String])
        /// The content is a JSON array of objects; the units of each, summed.
        case each(Units)
        /// SMS segments of the text in this field.
        case smsSegments(String)
    }

    package var usd: Money
    package var units: Units = .one
    /// USD for each unit by the longest prefix of this field's value; what no prefix fits costs the dearest.
    package var prefixField: String?
    /// Parameters whose presence makes the price uncertain.
    package var forbidden: [String] = []
    package var byPrefix: [String: Money] = [:]
    /// The vendor's own price in the answer.
    package var answerPrice: JSONPath?
    package var answerCurrency: JSONPath?

    package init(usd: Money) { self.usd = usd }
}
