@testable import Core

/// Rows of the records: only what we would write ourselves is read, and it is read as it was.
enum RecordTarget {
    static func check(_ bytes: [UInt8]) throws(Broken) {
        if let row = AuditRow(bytes: bytes) {
            try hold(row.bytes == bytes, "the row would be written in another way")
            try hold((try? JSONValue.parse(bytes)) != nil || String(validating: bytes, as: UTF8.self) == nil, "no JSON")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        let note = AuditRow.note(AuditNote(at: Moment(seconds: 1_800_000_000), text: text, runID: text))
        let again = AuditRow(bytes: note.bytes)
        try hold(again == note, "a note can't be read again")
    }
}
