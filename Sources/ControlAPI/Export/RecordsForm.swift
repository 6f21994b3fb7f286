internal import Core

/// Forms in which records are one line each.
package enum RecordsForm: Sendable {
    case csv, lines

    var mediaType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8; header=present"
        case .lines: "application/x-ndjson"
        }
    }

    /// What comes before the first record.
    var opening: [UInt8] { self == .csv ? Array(CSV.header.utf8) : [] }

    func line(_ record: AuditRecord) -> [UInt8] {
        self == .csv ? Array(CSV.line(record).utf8) : record.json.bytes + [0x0A]
    }
}

/// Records as CSV (RFC 4180).
enum CSV {
    static let columns = [
        "sequence", "time", "request_id", "label", "run_id", "key_id", "vendor", "operation", "method", "path",
        "decision", "code", "status", "estimate_usd", "cost_usd", "remaining_usd", "result", "origin_status",
        "vendor_request_id", "duration_ms", "reason", "policy", "decided_by", "price_rule", "program", "ended_at",
        "failure", "evidence", "sent_bytes", "received_bytes", "first_byte_ms", "tags",
    ]

    static var header: String { columns.joined(separator: ",") + "\r\n" }

    static func line(_ record: AuditRecord) -> String {
        let json = record.json
        return columns.map { cell(json[$0]) }.joined(separator: ",") + "\r\n"
    }

    private static func cell(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .number(let text): text
        case .bool(let value): value ? "true" : "false"
        // Tags: a record has no other object.
        case .object(let members): quoted(members.map { "\($0.key)=\($0.value.text ?? "")" }.joined(separator: ","))
        default: ""
        }
    }

    /// Text that a spreadsheet would take for a formula gets an apostrophe: labels and paths are callers' words.
    static func quoted(_ text: String) -> String {
        // By scalars: to Swift, "=" with an accent over it is another character, to a spreadsheet it is not.
        let isFormula = text.unicodeScalars.first.map { formulaMarks.contains($0) } ?? false
        return "\"" + (isFormula ? "'" : "") + text.replacing("\"", with: "\"\"") + "\""
    }

    private static let formulaMarks: Set<Unicode.Scalar> = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
}
