internal import Core

/// What `cofferdam status` prints.
struct StatusView {
    let status: JSONValue
    var paint = Paint()
    var now = Moment.now

    init(_ status: JSONValue) { self.status = status }

    var text: String {
        [verdict, stops, facts, accounts, refusals, advice].filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private var verdict: String {
        let problems = status.list("problems")
        guard !problems.isEmpty || status.string("status") != "ok" else { return paint.green("OK") }
        let head = paint.red(paint.bold("DEGRADED"))
        let gap = String(repeating: " ", count: 8)
        let lines = problems.enumerated().map { index, problem in (index == 0 ? head : gap) + "  " + sentence(problem) }
        return lines.isEmpty ? head : lines.joined(separator: "\n")
    }

    /// What operators stopped: whoever wonders why nothing works sees it first.
    private var stops: String {
        let lines = (status["now"] ?? .null).list("stops").map { stop in
            let until = stop.time("until").map { " until " + $0.shown(now: now) } ?? ""
            let reason = stop.string("reason").isEmpty ? "" : ": " + stop.string("reason")
            return paint.red("STOPPED") + "  "
                + Table.safe("\(stop.string("target"))\(until)\(reason); cofferdam resume \(stop.string("id"))")
        }
        return lines.joined(separator: "\n")
    }

    private func sentence(_ problem: JSONValue) -> String {
        let what = [problem.string("vendor"), Self.words[problem.string("code")] ?? problem.string("code")]
        let since = problem.time("since").map { " since " + $0.shown(now: now).prefix(11) } ?? ""
        let detail = problem["detail"]?.text.map { ": " + $0 } ?? ""
        let head = what.filter { !$0.isEmpty }.joined(separator: " ") + since + detail
        return Table.safe(head + "; " + problem.string("fix"))
    }

    private static let words = [
        "credential_unavailable": "refused: no credential", "configuration_rejected": "newer configuration rejected",
        "store_unavailable": "store unavailable", "ca_expired": "local CA expired",
        "ca_expires_soon": "local CA ends soon",
    ]

    private var facts: String {
        let current = status["now"] ?? .null
        let uptime = Span.seconds(Int64(status.integer("uptime_s") ?? 0)).shown
        let parts = [
            "cofferdam \(status.string("version"))", "up \(uptime)",
            "config #\(status["config"]?.integer("generation") ?? 0)",
            "\(current.integer("runs") ?? 0) runs", "\(current.integer("keys") ?? 0) keys",
            "\(current.integer("in_flight") ?? 0) in flight",
        ]
        return paint.dim(parts.joined(separator: " · ")) + "\n" + vendors + "\n" + today
    }

    private var vendors: String {
        let all = status.members("vendors").map { vendor in
            let mode = vendor.value["mode"]?.text?.uppercased() ?? ""
            let name = mode.isEmpty ? vendor.key : "\(vendor.key) \(mode)"
            return vendor.value.flag("ok") ? name : paint.red("\(name) refused")
        }
        return "vendors  " + (all.isEmpty ? "none configured" : all.joined(separator: " · "))
    }

    private var today: String {
        let today = status["today"] ?? .null
        let doubt = today.integer("in_doubt") ?? 0
        let line =
            "today    \(today.money("spent_usd").shown) spent · \(today.money("held_usd").shown) held · "
            + "\(today.money("in_doubt_usd").shown) in doubt"
        return doubt == 0 ? line : line + paint.yellow(" (\(doubt): cofferdam holds)")
    }

    private var accounts: String {
        var table = Table([
            .init("ACCOUNT"), .init("SPENT", .right), .init("HELD", .right), .init("DOUBT", .right),
            .init("CAP", .right),
            .init("LEFT", .right), .init("LAST 15 MIN"),
        ])
        for account in status.list("accounts") {
            let full = account.money("remaining_usd") == .zero
            let cells: [String] = [
                account.string("account"), account.money("spent_usd").shown, account.money("held_usd").shown,
                account.money("in_doubt_usd").shown, cap(account), account.money("remaining_usd").shown, pace(account),
            ]
            let style: (String) -> String = full ? { paint.red($0) } : { $0 }
            table.add(cells, style: style)
        }
        return String(table.text.dropLast())
    }

    private func cap(_ account: JSONValue) -> String {
        guard let cap = account.money("cap_usd") else { return "–" }
        let periods = ["daily": " a day", "monthly": " a month"]
        return cap.shown + (periods[account.string("period")] ?? "")
    }

    /// What the account spent in the last 15 minutes, and when it will be full at that pace.
    private func pace(_ account: JSONValue) -> String {
        let spender = status.list("top").first { account.string("account") == "run " + $0.string("run") }
        guard let spent = spender?.money("spent_15m_usd"), spent > .zero else { return "" }
        guard let room = account.money("remaining_usd"), room > .zero else { return spent.shown }
        let minutes = Double(room.micros) / Double(spent.micros) * 15
        return minutes > 24 * 60 ? spent.shown : "\(spent.shown)  full in about \(max(1, Int(minutes))) min"
    }

    private var refusals: String {
        let codes = status.members("refusals_15m").compactMap { member in
            if case .number(let count) = member.value { "\(count) \(member.key)" } else { nil }
        }
        guard !codes.isEmpty else { return "" }
        let runs = status.members("refused_runs_15m").prefix(3).map { "run \(Table.safe($0.key))" }
        let who = runs.isEmpty ? "" : ", most by " + runs.joined(separator: ", ")
        return "refused, 15 min: " + codes.joined(separator: ", ") + who
    }

    /// The next step, for whoever was woken by this.
    private var advice: String {
        let refused = status.members("refused_runs_15m").first?.key
        guard let run = refused ?? status.list("top").first?.string("run"), !run.isEmpty else { return "" }
        return paint.dim("stop it: cofferdam stop run=\(Table.safe(run))")
    }
}

extension JSONValue {
    /// On one line, for programs.
    var line: String { String(bytes: bytes) }
}
