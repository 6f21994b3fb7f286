/// Twilio's messages: form encoded in, JSON out; the price is not known at creation.
struct TwilioLike {
    private var messages: [String: JSON] = [:]

    mutating func answer(_ request: VendorRequest, _ accepted: inout [Accepted]) -> VendorAnswer? {
        let path = request.segments
        guard path.count >= 4, path[1] == "Accounts" else { return nil }
        switch (request.method, Array(path[3...])) {
        case ("POST", ["Messages.json"]): return create(path[2], request.form, &accepted)
        case ("GET", let rest) where rest.count == 2 && rest[0] == "Messages": return find(rest[1])
        default: return nil
        }
    }

    private mutating func create(_ account: String, _ form: FormContent, _ accepted: inout [Accepted]) -> VendorAnswer {
        guard let to = form["To"] else { return Self.refusal(21604, "A 'To' phone number is required.") }
        guard let from = form["From"] ?? form["MessagingServiceSid"] else {
            return Self.refusal(21603, "A 'From' phone number is required.")
        }
        guard let body = form["Body"], !body.isEmpty else { return Self.refusal(21602, "Message body is required.") }
        let sid = Identifier.hex("SM")
        let segments = Self.segments(body)
        accepted.append(Accepted(id: sid, object: "message", amount: segments, currency: "segments"))
        let message: JSON = [
            "sid": .string(sid), "account_sid": .string(account), "body": .string(body), "from": .string(from),
            "to": .string(to), "direction": "outbound-api", "num_media": "0", "num_segments": .string("\(segments)"),
            "price": nil, "price_unit": "USD", "status": "queued", "error_code": nil, "error_message": nil,
            "uri": .string("/2010-04-01/Accounts/\(account)/Messages/\(sid).json"),
        ]
        messages[sid] = message
        return .json(201, message)
    }

    /// Later the price is there, and negative, as it is money owed.
    private func find(_ name: String) -> VendorAnswer {
        guard name.hasSuffix(".json"), let message = messages[String(name.dropLast(5))],
            let segments = message["num_segments"]?.string.flatMap({ Int($0) })
        else {
            return Self.refusal(20404, "The requested resource was not found", status: 404)
        }
        let thousandths = segments * 79
        let fraction = String(100_000 + thousandths % 10_000 * 10).dropFirst()
        return .json(
            200,
            message.with("status", "delivered").with("price", .string("-\(thousandths / 10_000).\(fraction)")))
    }

    /// 160 or, in parts, 153 characters of seven bits; 70 or 67 when one character needs more.
    private static func segments(_ text: String) -> Int {
        let isSevenBit = text.utf8.allSatisfy { $0 < 0x80 }
        let (whole, part) = isSevenBit ? (160, 153) : (70, 67)
        let length = text.utf16.count
        return length <= whole ? 1 : (length + part - 1) / part
    }

    private static func refusal(_ code: Int, _ message: String, status: Int = 400) -> VendorAnswer {
        .json(
            status,
            [
                "code": .int(code), "message": .string(message),
                "more_info": .string("https://www.twilio.com/docs/errors/\(code)"), "status": .int(status),
            ])
    }
}
