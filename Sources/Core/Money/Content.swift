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
    /// Looks at what is streamed.
    var watch: ContentWatch?
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
        let target = permit.target
        let kind = types.count == 1 ? Kind(types[0]) : .other
        let judged = bound || target.operation?.price?.readsContent == true
        let reformed = kind == .json && target.takesFormsOnly
        guard head.framing != .none else { return Content(outgoing: .none) }
        if target.method == .head {
            guard head.framing == .fixed(0) else { throw .malformedRequest("a HEAD with content") }
            return Content(outgoing: .none)
        }
        // JSON that stays JSON has no other place to be looked at.
        let pinned =
            !target.vendor.pinnedParameters.isEmpty && (kind == .json || types.contains(where: Kind.isLikeJSON))
        guard judged || reformed || pinned else { return try await unjudged(target, head, client, meter) }
        guard !head.fields.contains("content-encoding") else { throw .amountAmbiguous("the content is encoded") }
        let content = try parsed(await collect(client, meter), kind, reformed)
        switch content.parsed {
        case .form(let form): try target.check(form: form)
        case .json(let value): try target.check(json: value)
        case .none: break
        }
        return content
    }

    /// What has no price, but may name parameters that must not come: a form is short enough to be looked at whole, and
    /// multipart content is looked at as it passes.
    private static func unjudged(
        _ target: Target, _ head: RequestHead, _ client: some Client, _ meter: ContentMeter
    ) async throws(Refusal) -> Content {
        let types = head.fields.all("content-type")
        let isForm = types.contains(where: Kind.isForm)
        let whole = isForm ? try await collect(client, meter) : client.contentAtHand()
        var content = Content(outgoing: .streamed(length: head.framing.length), watch: watch(target, types))
        if content.watch != nil, head.fields.contains("content-encoding") {
            throw .malformedRequest("a form or parts that are encoded")
        }
        if let whole {
            try target.check(content.watch?.see(whole) ?? content.watch?.finish())
            return Content(outgoing: .whole(whole))
        }
        // Broken framing is refused before anything is sent.
        _ = try client.contentAhead()
        return content
    }

    private static func watch(_ target: Target, _ types: [ArraySlice<UInt8>]) -> ContentWatch? {
        let names = target.vendor.refusedParameters
        if types.contains(where: { ASCII.equal($0.prefix(10), "multipart/") }) { return .parts(PartWatch(names)) }
        // Some frameworks read a POST that has no type as a form.
        let isForm = types.contains(where: Kind.isForm) || (target.method == .post && types.allSatisfy(Kind.isNone))
        return isForm ? .form(FormWatch(names)) : nil
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

    /// Whether somebody may read it as a form: frameworks end the type at other places.
    static func isForm(_ value: ArraySlice<UInt8>) -> Bool { ASCII.equal(type(value), formType) }

    /// Whether somebody may read it as no type.
    static func isNone(_ value: ArraySlice<UInt8>) -> Bool { !type(value).contains(UInt8(ascii: "/")) }

    /// Whether somebody may read it as JSON.
    static func isLikeJSON(_ value: ArraySlice<UInt8>) -> Bool {
        isNone(value) || ASCII.lowercased(type(value)).suffix(4).elementsEqual("json".utf8)
    }

    /// What comes before parameters.
    private static func type(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        ASCII.trimmed(value).prefix { !";, \t".utf8.contains($0) }
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
