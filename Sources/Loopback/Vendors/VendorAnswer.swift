/// A request as the imitated vendors see it: whole.
struct VendorRequest {
    let head: RequestHead
    let segments: [String]
    let query: [String: String]
    let content: [UInt8]

    var method: String { head.method }
    var form: FormContent { FormContent(content) }
    var json: JSON? { JSON(parsing: content) }
}

/// What an imitated vendor answers.
enum VendorAnswer: Sendable {
    case json(Int, [Field], JSON)
    /// Server-sent events, each with its blank line, and the time between them.
    case events([String], everyMilliseconds: Int)

    static func json(_ status: Int, _ json: JSON) -> VendorAnswer {
        .json(status, [], json)
    }
}

/// An object that moved, holds or promises money, as a vendor's own books have it.
package struct Accepted: Sendable, Hashable {
    package let id: String
    /// `payment_intent`, `charge`, `refund`, `payout`, `transfer`, `message` or `email`.
    package let object: String
    /// In the currency's minor unit; 0 where the vendor doesn't say.
    package let amount: Int
    package let currency: String
}

/// The state of all imitated vendors.
struct Vendors {
    /// What was accepted, each object once: replays and declines are not in it.
    var accepted: [Accepted] = []
    var stripe = StripeLike()
    var resend = ResendLike()
    var twilio = TwilioLike()

    /// The answer of the vendor whose endpoint this is; nil if nobody knows the endpoint.
    mutating func answer(_ request: VendorRequest) -> VendorAnswer? {
        switch request.segments.first {
        case "2010-04-01": twilio.answer(request, &accepted)
        case "emails": resend.answer(request, &accepted)
        case "v1":
            OpenAILike.answer(request) ?? AnthropicLike.answer(request) ?? stripe.answer(request, &accepted)
        default: nil
        }
    }
}

/// Made-up identifiers.
enum Identifier {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    static func make(_ prefix: String, _ length: Int = 24) -> String {
        prefix + String((0..<length).compactMap { _ in alphabet.randomElement() })
    }

    static func hex(_ prefix: String) -> String {
        prefix + Hex.lower((0..<16).map { _ in UInt8.random(in: 0 ... .max) })
    }

    static func uuid() -> String {
        let hex = hex("")
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in
            String(hex.dropFirst(range.lowerBound).prefix(range.count))
        }.joined(separator: "-")
    }
}
