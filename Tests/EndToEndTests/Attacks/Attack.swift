import Testing

/// How a request comes to the sidecar.
enum Way: String, Sendable, CaseIterable {
    case intercept, absolute, gateway
    /// The listener itself, with nothing done before.
    case bare

    /// The gateway under a name of its own, in a tunnel and in absolute form.
    case virtual, virtualAbsolute
    /// A listener of a run's own, which asks for no secret: a tunnel, absolute form, the gateway.
    case ownTunnel, ownAbsolute, ownGateway

    /// The three that every request may take.
    static let three: [Way] = [.intercept, .absolute, .gateway]
    /// The others, which lead to the same three.
    static let side: [Way] = [.virtual, .virtualAbsolute, .ownTunnel, .ownAbsolute, .ownGateway]

    /// Which of the three it is, once it is there.
    var base: Way {
        switch self {
        case .virtual, .virtualAbsolute, .ownGateway: .gateway
        case .ownTunnel: .intercept
        case .ownAbsolute: .absolute
        case .intercept, .absolute, .gateway, .bare: self
        }
    }

    /// Whether the listener says whose run it is.
    var isOwn: Bool { [.ownTunnel, .ownAbsolute, .ownGateway].contains(self) }
}

/// What must come of an attack.
enum Outcome: Sendable, Equatable {
    /// One refusal with this code, and the connection's end: what follows is not even read.
    case ends(String)
    /// A refusal with this code; the request behind it is judged by itself.
    case refused(String)
    /// The vendor gets exactly this (`GET /v1/customers`), once; the request behind it is judged by itself.
    case passes(String)
    /// These codes, nil for a vendor's answer, and nothing more; these reach the vendor, in order.
    case answers([String?], reaching: [String])
    /// The client hangs up after its last byte: nothing whole reaches the vendor.
    case cut
    /// No answer, only the end.
    case silence

    /// Whether the connection lives on.
    var stays: Bool {
        switch self {
        case .refused, .passes: true
        case .ends, .answers, .cut, .silence: false
        }
    }
}

/// A hostile request, byte for byte: each scalar of the text is one byte.
///
/// `{path}` is the target's beginning in its way in, `{host}` its Host, `{who}` the field lines of its credential, and
/// `{own}`, `{other}`, `{ownKey}`, `{otherKey}` are credentials of this run and another one.
struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var outcome: Outcome
    var ways = Way.three
    /// Whether an honest request comes behind it.
    var hasTail = true
    /// Where one way in differs.
    var exceptions: [Way: Outcome] = [:]

    init(_ name: String, _ text: String, _ outcome: Outcome, _ ways: [Way] = Way.three) {
        (self.name, self.text, self.outcome, self.ways) = (name, text, outcome, ways)
    }

    func outcome(_ way: Way) -> Outcome { exceptions[way] ?? exceptions[way.base] ?? outcome }

    /// The same by the side ways that lead where it goes.
    func aside(_ some: [Way] = Way.side) -> Attack {
        var attack = self
        attack.ways = some.filter { ways.contains($0.base) }
        return attack
    }

    func but(_ way: Way, _ outcome: Outcome) -> Attack {
        var attack = self
        attack.exceptions[way] = outcome
        return attack
    }

    /// Nothing comes behind it, and nobody needs to wait for that.
    func alone() -> Attack {
        var attack = self
        attack.hasTail = false
        return attack
    }

    var testDescription: String { name }
}

extension Attack {
    /// An endpoint whose content is passed on as it comes, unread.
    static let streamed = "/v1/customers/c/funding_instructions"
    /// One whose content is read, priced and written anew.
    static let priced = "/v1/payment_intents"
    static let form = "Content-Type: application/x-www-form-urlencoded\r\n"

    /// A POST with these field lines and this content; it has a type, unless it may be `untyped`, so that it is streamed.
    static func post(
        _ name: String, _ lines: String, _ content: String = "", to path: String = streamed, untyped: Bool = false,
        _ outcome: Outcome
    ) -> Attack {
        let isTyped = untyped || path != streamed || lines.lowercased().contains("content-type")
        let type = isTyped ? "" : "Content-Type: application/octet-stream\r\n"
        let head = "POST {path}\(path) HTTP/1.1\r\nHost: {host}\r\n{who}\(type)\(lines)\r\n"
        return Attack(name, head + content, outcome)
    }

    /// A GET with these field lines.
    static func get(_ name: String, _ lines: String, path: String = "/v1/customers", _ outcome: Outcome) -> Attack {
        Attack(name, "GET {path}\(path) HTTP/1.1\r\nHost: {host}\r\n{who}\(lines)\r\n", outcome)
    }

    /// A whole request line, with the fields that it needs.
    static func line(_ line: String, _ outcome: Outcome) -> Attack {
        Attack(line, line + "\r\nHost: {host}\r\n{who}\r\n", outcome)
    }
}
