extension AuditRow {
    /// The canonical bytes that the chain covers: one flat JSON object with its keys in this order.
    package var bytes: [UInt8] {
        switch self {
        case .decision(let record): record.bytes
        case .outcome(let record): record.bytes
        case .note(let note): note.bytes
        }
    }

    /// Reads canonical bytes; nil for anything that `bytes` would not write in just this way.
    package init?(bytes: [UInt8]) {
        guard let reader = RowReader(bytes), let row = Self(reader), row.bytes == bytes else { return nil }
        self = row
    }

    private init?(_ reader: RowReader) {
        switch reader.text("kind") {
        case "decision":
            guard let record = DecisionRecord(reader) else { return nil }
            self = .decision(record)
        case "outcome":
            guard let record = OutcomeRecord(reader) else { return nil }
            self = .outcome(record)
        case "note":
            guard let at = reader.moment("at"), let text = reader.text("text") else { return nil }
            self = .note(AuditNote(at: at, text: text, runID: reader.text("run"), keyID: reader.text("key")))
        default: return nil
        }
    }
}

extension AuditNote {
    var bytes: [UInt8] {
        var row = RowWriter(kind: "note")
        row.put("at", at)
        row.put("text", text)
        row.put("run", runID)
        row.put("key", keyID)
        return row.finish()
    }
}

extension DecisionRecord {
    var bytes: [UInt8] {
        var row = RowWriter(kind: "decision")
        row.put("at", at)
        row.put("request", requestID.text)
        row.put("run", runID)
        row.put("key", keyID)
        row.put("label", label)
        row.put("tags", tags)
        row.put("program", program)
        row.put("vendor", vendor)
        row.put("operation", operation)
        row.put("method", method)
        row.put("path", path)
        row.put("code", code)
        row.put("policy", policy)
        row.put("observed", observed)
        row.put("decided_by", decidedBy)
        row.put("reason", reason)
        row.put("price_rule", priceRule)
        row.put("estimate_usd", estimate)
        row.put("room_usd", room)
        return row.finish()
    }

    init?(_ row: RowReader) {
        guard let at = row.moment("at"), let request = row.text("request"), let method = row.text("method"),
            let path = row.text("path"), let code = row.text("code"), let estimate = row.money("estimate_usd")
        else { return nil }
        self.init(at: at, requestID: RequestID(request), method: method, path: path, code: code)
        (runID, keyID, label) = (row.text("run"), row.text("key"), row.text("label"))
        (tags, observed) = (row.text("tags"), row.text("observed"))
        (program, vendor, operation) = (row.text("program"), row.text("vendor"), row.text("operation"))
        (decidedBy, reason, priceRule) = (row.text("decided_by"), row.text("reason"), row.text("price_rule"))
        (self.estimate, room, policy) = (estimate, row.money("room_usd"), row.text("policy"))
    }
}

extension OutcomeRecord {
    var bytes: [UInt8] {
        var row = RowWriter(kind: "outcome")
        row.put("at", at)
        row.put("request", requestID.text)
        row.put("result", result)
        row.put("cost_usd", cost)
        row.put("room_usd", room)
        row.put("origin_status", originStatus.map { Int64($0) })
        row.put("vendor_request", vendorRequestID)
        row.put("object", objectID)
        row.put("failure", failure)
        row.put("evidence", evidence)
        row.put("sent_bytes", sentBytes)
        row.put("received_bytes", receivedBytes)
        row.put("first_byte_us", firstByte)
        row.put("duration_us", duration)
        return row.finish()
    }

    init?(_ row: RowReader) {
        guard let at = row.moment("at"), let request = row.text("request"), let result = row.text("result"),
            let cost = row.money("cost_usd"), let duration = row.span("duration_us"),
            let sent = row.number("sent_bytes"), let received = row.number("received_bytes")
        else { return nil }
        self.init(at: at, requestID: RequestID(request), result: result, cost: cost, duration: duration)
        (room, originStatus) = (row.money("room_usd"), row.number("origin_status").map { Int($0) })
        (vendorRequestID, failure, evidence) = (row.text("vendor_request"), row.text("failure"), row.text("evidence"))
        objectID = row.text("object")
        (sentBytes, receivedBytes, firstByte) = (sent, received, row.span("first_byte_us"))
    }
}
