internal import Core

/// Records as a table.
struct AuditView {
    var records: [JSONValue] = []
    var paint = Paint()
    var now = Moment.now

    var text: String { filled.text }

    var header: String { Table(Self.columns).header }

    /// Without the header, for records that come one by one; columns keep a width that usually fits.
    var lines: String { filled.body }

    private var filled: Table {
        var table = Table(Self.columns)
        for record in records { table.add(cells(record), style: style(record)) }
        return table
    }

    private static let columns: [Table.Column] = [
        .init("TIME UTC", least: 8), .init("RUN", least: 12), .init("OPERATION", least: 30),
        .init("DECISION", least: 20),
        .init("COST", .right, least: 8), .init("LEFT", .right, least: 9), .init("ORIGIN", least: 10), .init("ID"),
    ]

    private func cells(_ record: JSONValue) -> [String] {
        if record.string("decision") == "note" { return note(record) }
        let operation = record["operation"]?.text ?? record.string("method") + " " + record.string("path")
        let doubt = record.string("decision") == "in_doubt"
        let refused = record.string("decision") == "refused"
        return [
            record.time("time")?.shown(now: now) ?? "", record["run_id"]?.text ?? record.string("label"),
            (record.string("vendor") + " " + operation), doubt ? "IN DOUBT" : decision(record),
            refused ? "–" : record.money("cost_usd").shown, record.money("remaining_usd").shown, origin(record),
            record.string("request_id"),
        ]
    }

    private func decision(_ record: JSONValue) -> String {
        record["would_refuse"]?.text.map { "watched: \($0)" } ?? record.string("code")
    }

    /// What an operator did, or the store has to say; it runs through the columns that it has no use for.
    private func note(_ record: JSONValue) -> [String] {
        let time = record.time("time")?.shown(now: now) ?? ""
        return [time, record["run_id"]?.text ?? "", record.string("reason"), "note", "–", "–", "–", ""]
    }

    private func origin(_ record: JSONValue) -> String {
        let status = record.integer("origin_status").map { "\($0) " } ?? ""
        if let cut = record.cut { return status + cut }
        if !status.isEmpty { return status + "\(record.integer("duration_ms") ?? 0)ms" }
        if let failure = record["failure"]?.text { return failure.replacing("origin_", with: "") }
        return record.string("decision") == "refused" ? "–" : "…"
    }

    private func style(_ record: JSONValue) -> (String) -> String {
        switch record.string("decision") {
        case "refused": paint.red
        case "in_doubt": paint.yellow
        default: Paint.plain
        }
    }
}
