internal import Core

/// What a run did, in a few lines for the person who started it.
struct RunSummary {
    let runID: String
    let records: [JSONValue]
    let cap: Money?
    /// The exit code and the seconds it took.
    let code: Int32
    let seconds: Int64
    let canExplain: Bool

    var lines: [String] { [head] + refusals + unanswered + notes + explanation }

    private var requests: [JSONValue] { records.filter { $0.string("decision") != "note" } }

    /// Who stopped it, and why.
    private var notes: [String] {
        records.filter { $0.string("decision") == "note" }.suffix(3).map { "  " + $0.string("reason") }
    }

    /// What was refused, and what was allowed and then cut.
    private var refused: [JSONValue] { records.filter { $0.string("decision") == "refused" || $0.cut != nil } }

    /// What still waits for its end: a request that was sent is waited for, also after its run is over.
    private var open: [JSONValue] { records.filter(\.isOpen) }

    private func sum(_ result: String, _ field: String) -> Money {
        records.filter { $0.string("result") == result }.reduce(.zero) { $0 + ($1.money(field) ?? .zero) }
    }

    private var head: String {
        let doubt = sum("in_doubt", "estimate_usd")
        let held = open.reduce(.zero) { $0 + ($1.money("estimate_usd") ?? .zero) }
        let spent =
            sum("settled", "cost_usd").shown + (doubt > .zero ? " + \(doubt.shown) in doubt" : "")
            + (held > .zero ? " + \(held.shown) held" : "")
        let of = cap.map { " of \($0.shown)" } ?? ""
        let allowed = requests.count - refused.count
        return
            "\(runID) ended (exit \(code), \(seconds) s): spent \(spent)\(of) · \(allowed) allowed · \(refused.count) refused"
    }

    /// One line for each code and operation, most frequent first.
    private var refusals: [String] {
        let groups = Dictionary(grouping: refused) { "\($0.refusal)\u{0}\(Self.what($0))" }
        let sorted = groups.values.sorted { $0.count > $1.count }
        var table = Table([.init(""), .init(""), .init(""), .init("")])
        for group in sorted.prefix(10) {
            table.add([
                "  \(group.count)x", group[0].refusal, Self.what(group[0]),
                Self.hint(group.first { $0.cut != nil } ?? group[group.count - 1]),
            ])
        }
        return table.body.split(separator: "\n").map(String.init)
    }

    private var unanswered: [String] {
        open.isEmpty ? [] : ["  \(open.count)x  still in flight: the price is held until the answer comes"]
    }

    private var explanation: [String] {
        guard canExplain, let last = refused.last else { return [] }
        return ["  why: cofferdam explain \(last.string("request_id"))"]
    }

    private static func what(_ record: JSONValue) -> String {
        if record.string("method") == "CONNECT" { return record.string("path") }
        return record["operation"]?.text ?? "\(record.string("method")) \(record.string("path"))"
    }

    private static func hint(_ record: JSONValue) -> String {
        if record.cut != nil { return "cut while it was in flight" }
        return switch record.string("code") {
        case "host_not_allowed": "add to egress.tunnel"
        case "endpoint_not_allowed": "add to allowed_endpoints, if it should be"
        case "cap_exhausted", "cost_unknown", "amount_ambiguous": record.string("reason")
        default: ""
        }
    }
}

extension JSONValue {
    /// The code of the refusal with which a request that was allowed was cut from our side.
    var cut: String? {
        self["failure"]?.text.flatMap {
            ["run_revoked", "vault_key_revoked", "run_expired", "stopped"].contains($0) ? $0 : nil
        }
    }

    /// Whether its outcome is not known yet.
    var isOpen: Bool { string("decision") == "allowed" && self["result"] == nil }

    /// The code with which the agent was refused.
    fileprivate var refusal: String { cut ?? string("code") }
}
