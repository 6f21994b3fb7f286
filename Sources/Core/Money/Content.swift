/// A request's content, read as far as its price needs it.
struct Content: Sendable {
    enum Parsed: Sendable {
        /// Nothing was there, or nothing had to be read.
        case none
        case form(Form)
        case json(JSONValue)
    }

    var outgoing: OriginRequest.Content
    var parsed = Parsed.none
    /// What was judged says its own type: the client's field could be missing for the origin (named by Connection), or
    /// stand there twice.
    var type: String?

    /// Reads what must be judged; leaves the rest to be streamed.
    /// - Throws: `.contentTooLarge`, `.overloaded`, `.amountAmbiguous`, `.fieldNotAllowed`, `.malformedRequest`.
    static func read(_ permit: Permit, _ head: RequestHead, _ client: some Client, _ meter: ContentMeter)
        async throws(Refusal)
        -> Content
    {
        let bound = !permit.fieldRules.isEmpty
        do {
            return try await read(permit, head, client, meter, bound: bound)
        } catch {
            guard bound, case .amountAmbiguous(let why) = error else { throw error }
            throw .fieldNotAllowed("content", why)
        }
    }

    private static func read(
        _ permit: Permit, _ head: RequestHead, _ client: some Client, _ meter: ContentMeter, bound: Bool
    ) async throws(Refusal) -> Content {
        let types = head.fields.all("content-type")
        let kind = types.count == 1 ? Kind(types[0]) : .other
        let judged = bound || permit.target.operation?.price?.readsContent == true
        let reformed = kind == .json && permit.target.takesFormsOnly
        // JSON that stays JSON has no other place to be looked at.
        let pinned = kind == .json && !permit.target.vendor.pinnedParameters.isEmpty
        guard head.framing != .none else { return Content(outgoing: .none) }
        guard judged || reformed || pinned else {
            // A form is short enough to be looked at whole; of the rest, what happens to be here.
            guard types.contains(where: Kind.isForm), permit.target.method == .post else {
                return try streamed(permit.target, head, client)
            }
            guard !head.fields.contains("content-encoding") else { throw .malformedRequest("a form that is encoded") }
            let bytes = if let whole = client.contentAtHand() { whole } else { try await collect(client, meter) }
            try permit.target.check(parameters: bytes)
            return Content(outgoing: .whole(bytes))
        }
        guard !head.fields.contains("content-encoding") else { throw .amountAmbiguous("the content is encoded") }
        let content = try parsed(await collect(client, meter), kind, reformed)
        switch content.parsed {
        case .form(let form): try permit.target.check(form: form)
        case .json(let value): try permit.target.check(json: value)
        case .none: break
        }
        return content
    }

    private static func streamed(
        _ target: Target, _ head: RequestHead, _ client: some Client
    ) throws(Refusal) -> Content {
        let types = head.fields.all("content-type")
        let isMultipart = types.contains { ASCII.equal($0.prefix(10), "multipart/") }
        let whole = client.contentAtHand()
        let known = if let whole { whole } else { try client.contentAhead() }
        if isMultipart { try target.check(multipart: known) }
        // Some frameworks read what has no type as a form.
        if types.isEmpty, target.method == .post { try target.check(parameters: known) }
        if let whole { return Content(outgoing: .whole(whole)) }
        if case .fixed(let length) = head.framing { return Content(outgoing: .streamed(length: length)) }
        return Content(outgoing: .streamed(length: nil))
    }

    private static func collect(_ client: some Client, _ meter: ContentMeter) async throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await client.read() {
            try meter.hold(bytes.count + piece.count)
            bytes += piece
        }
        return bytes
    }

    /// What is priced is what is sent: the content is written anew from what was read.
    private static func parsed(_ bytes: [UInt8], _ kind: Kind, _ reformed: Bool) throws(Refusal) -> Content {
        switch kind {
        case .form:
            guard let form = Form(bytes), form.namesArePlain else {
                throw .amountAmbiguous("the form can't be read with certainty")
            }
            return Content(outgoing: .whole(form.bytes), parsed: .form(form), type: Kind.formType)
        case .json:
            let value = try json(bytes)
            guard reformed else {
                return Content(outgoing: .whole(value.bytes), parsed: .json(value), type: Kind.jsonType)
            }
            guard let form = Form(json: value) else { throw .amountAmbiguous("the JSON content can't become a form") }
            guard form.namesArePlain else { throw .amountAmbiguous("a name in the JSON content is not plain") }
            return Content(outgoing: .whole(form.bytes), parsed: .form(form), type: Kind.formType)
        case .other:
            throw .amountAmbiguous("the content is neither a form nor JSON")
        }
    }

    private static func json(_ bytes: [UInt8]) throws(Refusal) -> JSONValue {
        do { return try JSONValue.parse(judged: bytes) } catch {
            throw .amountAmbiguous("the JSON content: \(error.message)")
        }
    }

    /// The media types that can be judged.
    enum Kind { case form, json, other }
}

extension Content.Kind {
    static let formType = "application/x-www-form-urlencoded"
    static let jsonType = "application/json"

    /// Whether it is a form, in whatever character set.
    static func isForm(_ value: ArraySlice<UInt8>) -> Bool {
        ASCII.equal(ASCII.trimmed(value.prefix { $0 != UInt8(ascii: ";") }), formType)
    }

    init(_ value: ArraySlice<UInt8>) {
        let parts = value.split(separator: UInt8(ascii: ";")).map { ASCII.trimmed($0) }
        let charsets = parts.dropFirst().filter { ASCII.equal($0.prefix(8), "charset=") }
        let plain = charsets.allSatisfy {
            ASCII.equal($0.dropFirst(8), "utf-8") || ASCII.equal($0.dropFirst(8), "\"utf-8\"")
        }
        switch parts.first {
        case let type? where plain && ASCII.equal(type, Self.formType): self = .form
        case let type? where plain && ASCII.equal(type, Self.jsonType): self = .json
        default: self = .other
        }
    }
}

extension PriceRule {
    /// Whether the price stands in the content.
    var readsContent: Bool {
        switch self {
        case .amount, .object: true
        case .flat(let flat): flat.prefixField != nil || !flat.forbidden.isEmpty || !flat.units.isOne
        case .free, .tokens, .unknown: false
        }
    }
}

extension FlatRule.Units {
    var isOne: Bool { if case .one = self { true } else { false } }
}

extension Target {
    /// Whether JSON content must become a form here: the vendor's newer, JSON-speaking versions are left alone.
    var takesFormsOnly: Bool {
        guard vendor.formOnly else { return false }
        guard let prefix = vendor.versionPrefix else { return true }
        return path.segments.first?.elementsEqual(prefix.utf8) == true
    }
}
