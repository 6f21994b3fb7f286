import Foundation
import Harness
import Loopback
import Testing

/// What came of one attack by one way in.
private struct Result: Sendable {
    let attack: Attack
    let way: Way
    let mark: String
    let heard: Heard
}

/// What came of an attack, and what should have come.
private struct Came: Equatable {
    /// The codes of the answers, nil for a vendor's.
    var codes: [String?] = []
    /// Bytes that are no whole answer.
    var rest = 0
    /// Whether a last refusal says that the connection ends.
    var ends = false
    /// What reached the vendor whole, and what reached it broken off.
    var whole: [String] = []
    var broken = 0
    /// Whether the request behind it got there.
    var tail = false

    init(_ result: Result, _ seen: [String: [RecordedRequest]]) {
        let answers = RawAnswers(result.heard, headOnly: result.attack.text.hasPrefix("HEAD"))
        (codes, rest) = (answers.whole.map(\.code), answers.rest.count)
        // The tunnel was opened, and nothing came out of it but TLS's own bytes.
        if result.attack.outcome(result.way) == .silence, !result.heard.text.dropFirst(9).contains("HTTP/1.1") {
            (codes, rest) = ([], 0)
        }
        if let last = answers.whole.last, last.code != nil { ends = last.closes && result.heard.closed }
        let own = seen[result.mark] ?? []
        whole = own.filter(\.isComplete).map { "\($0.method) \($0.target)" }
        // Who hangs up may do so at any moment, and what does not come in one piece may be on its way by then.
        let isOpen = result.attack.outcome(result.way) == .cut || result.attack.text.utf8.count > 1500
        broken = isOpen ? 0 : own.count - whole.count
        tail = seen[result.mark + "-tail"] != nil
    }

    init(_ outcome: Outcome, _ way: Way) {
        switch outcome {
        case .cut, .silence: break
        case .ends(let code): (codes, ends) = ([code], true)
        case .refused(let code): (codes, tail) = (way == .bare ? [code] : [code, nil], way != .bare)
        case .passes(let line): (codes, whole, tail) = ([nil, nil], [line], true)
        case .answers(let codes, let lines):
            (self.codes, whole) = (codes, lines)
            ends = codes.last != .some(nil)
            tail = !ends && codes.count > lines.count
        }
    }
}

extension Siege {
    /// Behind every attack on the same connection, in the same write: an honest request that ends it.
    static let tail =
        "GET {path}/v1/customers/last HTTP/1.1\r\nHost: {host}\r\n{who}Connection: close\r\n\r\n"

    /// Attacks by every way, many at once, and looks at what the attacker heard and at what reached the vendor.
    func withstand(_ attacks: [Attack]) async throws {
        let results = try await results(attacks)
        try await canaries()
        for run in [run, ownRun] { _ = try await stage.sidecar.settled(run) }
        let seen = Dictionary(grouping: stage.vendor.requests) { $0.value("x-mark") ?? "unmarked" }
        for result in results { check(result, seen) }
        let marks = Set(results.flatMap { [$0.mark, $0.mark + "-tail"] })
        let unknown = seen.keys.filter { !marks.contains($0) && !$0.hasPrefix("canary") }
        #expect(unknown == [], "nobody sent that, and it reached the vendor: \(unknown.compactMap { seen[$0] })")
        try await checkBooks()
    }

    private func results(_ attacks: [Attack]) async throws -> [Result] {
        let all = attacks.flatMap { attack in attack.ways.map { (attack, $0) } }
        return try await concurrently(all) { attack, way in
            let mark = self.mark()
            let wire = try await self.wire(way)
            let tail =
                way == .bare || !attack.hasTail || attack.outcome(way) == .cut
                ? [] : self.bytes(Self.tail, way, mark: mark + "-tail")
            await wire.send(self.bytes(attack.text, way, mark: mark) + tail)
            guard attack.outcome(way) != .cut else {
                await wire.close()
                return Result(attack: attack, way: way, mark: mark, heard: Heard())
            }
            let stays = way == .bare && attack.outcome(way).stays
            let heard = await wire.hear { stays && !RawAnswers($0).whole.isEmpty }
            await wire.close()
            return Result(attack: attack, way: way, mark: mark, heard: heard)
        }
    }

    // MARK: What is looked at

    private func check(_ result: Result, _ seen: [String: [RecordedRequest]]) {
        let what: Comment = "\(result.attack.name) by \(result.way): \(result.heard.text.prefix(600))"
        let (came, wanted) = (Came(result, seen), Came(result.attack.outcome(result.way), result.way))
        #expect(came == wanted, what)
        #expect(leaks(in: result.heard.text) == [], what)
        let requests = (seen[result.mark] ?? []) + (seen[result.mark + "-tail"] ?? [])
        for request in requests { #expect(faults(of: request) == [], what) }
        for answer in RawAnswers(result.heard).whole { checkShape(answer, what) }
    }

    /// A refusal is told in its status, a field and its content, alike.
    private func checkShape(_ answer: RawAnswer, _ what: Comment) {
        guard let code = answer.code else { return }
        #expect(Self.statuses[code] == answer.status, what)
        #expect(answer.content.isEmpty || answer.content.contains("\"code\":\"\(code)\""), what)
    }

    private static let statuses = [
        "malformed_request": 400, "path_not_canonical": 400, "amount_ambiguous": 400, "credential_missing": 401,
        "vault_key_invalid": 401, "endpoint_not_allowed": 403, "account_not_allowed": 403, "host_not_allowed": 403,
        "vendor_not_granted": 403, "cost_unknown": 403, "unknown_vendor": 404, "method_not_allowed": 405,
        "proxy_authentication_required": 407, "authority_mismatch": 421, "head_too_large": 431,
        "content_too_large": 413, "upgrade_not_supported": 501, "request_timeout": 408,
    ]

    // MARK: Afterwards

    /// An honest, priced request on a new connection, by each way.
    func canaries() async throws {
        for way in Way.three {
            let wire = try await wire(way)
            let form = "amount=100&currency=usd"
            let text =
                "POST {path}\(Attack.priced) HTTP/1.1\r\nHost: {host}\r\n{who}\(Attack.form)"
                + "Content-Length: \(form.utf8.count)\r\n\r\n\(form)"
            await wire.send(bytes(text, way, mark: "canary-\(way)"))
            let heard = await wire.hear { !RawAnswers($0).whole.isEmpty }
            #expect(RawAnswers(heard).whole.first?.status == 200, "\(way): \(heard.text)")
            await wire.close()
        }
    }

    /// Returns when nothing is on its way any more.
    func atRest() async throws {
        try await eventually("nothing is held") {
            try await self.caps.allSatisfy { $0["held_usd"].text == "0.00" }
        }
    }

    /// What the runs spent is what the vendor took; `doubt`: who hung up may have left some.
    func checkBooks(doubt: Bool = false) async throws {
        let caps = try await caps
        let cents = stage.vendor.accepted.map(\.amount).reduce(0, +)
        func dollars(_ name: String) -> Int {
            caps.map { $0[name].text.flatMap { Double($0) }.map { Int(($0 * 100).rounded()) } ?? -1 }.reduce(0, +)
        }
        let (spent, inDoubt) = (dollars("spent_usd"), dollars("in_doubt_usd"))
        #expect(dollars("held_usd") == 0, "\(caps)")
        #expect(
            doubt ? spent <= cents && cents <= spent + inDoubt : spent == cents && inDoubt == 0,
            "\(cents): \(caps)")
    }

    /// The views that the run, and the one with a listener of its own, have of their money.
    private var caps: [JSON] {
        get async throws {
            let asked = [(stage.sidecar.proxyPort, ["Authorization: Bearer \(secret)"]), (ownPort, [])]
            var caps: [JSON] = []
            for (port, fields) in asked {
                let me = try await Wire.ask(port, "GET", "/_cofferdam/self", fields).json
                caps.append(me["vendors"].items.first { $0["vendor"].text == "stripe" }?["caps"].items.first ?? .null)
            }
            return caps
        }
    }
}

/// Does `work` for all of them, some at a time.
func concurrently<Item: Sendable, Output: Sendable>(
    _ items: [Item], width: Int = 24, _ work: @escaping @Sendable (Item) async throws -> Output
) async throws -> [Output] {
    try await withThrowingTaskGroup(of: Output.self) { group in
        var (left, outputs) = (items[...], [Output]())
        for _ in 0..<width { if let item = left.popFirst() { group.addTask { try await work(item) } } }
        while let output = try await group.next() {
            outputs.append(output)
            if let item = left.popFirst() { group.addTask { try await work(item) } }
        }
        return outputs
    }
}
