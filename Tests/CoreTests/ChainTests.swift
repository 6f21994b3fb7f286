import Core
import Testing

private func decision() -> DecisionRecord {
    var record = DecisionRecord(
        at: Moment(microseconds: 1_795_521_600_000_042), requestID: RequestID("req_1"), method: "POST",
        path: "/v1/payment_intents", code: "allowed")
    (record.runID, record.keyID, record.label) = ("billing-7", "vk_1", "say \"hi\" \\ \n\u{1}\u{7F}é")
    (record.program, record.vendor, record.operation) = ("django", "stripe", "payment_intents.create")
    record.policy = "billing"
    (record.decidedBy, record.reason) = ("policy billing (proxy.conf:12)", "fits")
    (record.priceRule, record.estimate, record.room) = ("amount", Money(micros: 5_000_000), Money(micros: 400))
    return record
}

private func outcome() -> OutcomeRecord {
    var record = OutcomeRecord(
        at: Moment(microseconds: 1_795_521_600_100_000), requestID: RequestID("req_1"), result: "settled",
        cost: Money(micros: 4_990_000), duration: Span(microseconds: 38_000))
    (record.room, record.originStatus, record.vendorRequestID) = (Money(micros: -10_000), 200, "req_stripe")
    (record.failure, record.evidence) = ("cut", "")
    (record.sentBytes, record.receivedBytes, record.firstByte) = (.max, 0, Span(microseconds: -1))
    return record
}

@Suite struct `A row of the records` {
    @Test func `has these bytes, for as long as there are chains`() {
        #expect(
            String(decoding: AuditRow.decision(decision()).bytes, as: UTF8.self)
                == #"{"kind":"decision","at":"2026-11-24T12:00:00.000042Z","request":"req_1","run":"billing-7","#
                + #""key":"vk_1","label":"say \"hi\" \\ \n\u0001\u007fé","program":"django","vendor":"stripe","#
                + #""operation":"payment_intents.create","method":"POST","path":"/v1/payment_intents","#
                + #""code":"allowed","policy":"billing","decided_by":"policy billing (proxy.conf:12)","reason":"fits","#
                + #""price_rule":"amount","estimate_usd":"5.00","room_usd":"0.0004"}"#)
        #expect(
            String(decoding: AuditRow.outcome(outcome()).bytes, as: UTF8.self)
                == #"{"kind":"outcome","at":"2026-11-24T12:00:00.100000Z","request":"req_1","result":"settled","#
                + #""cost_usd":"4.99","room_usd":"-0.01","origin_status":200,"vendor_request":"req_stripe","#
                + #""failure":"cut","evidence":"","sent_bytes":9223372036854775807,"received_bytes":0,"#
                + #""first_byte_us":-1,"duration_us":38000}"#)
    }

    @Test(arguments: [
        AuditRow.decision(decision()), .outcome(outcome()),
        .decision(DecisionRecord(at: Moment(seconds: 0), requestID: RequestID(""), method: "", path: "", code: "")),
        .note(AuditNote(at: Moment(seconds: 1), text: "opened")),
        .note(AuditNote(at: Moment(seconds: 1), text: "stopped", runID: "r", keyID: "vk_1")),
    ])
    func `comes back as it was`(_ row: AuditRow) { #expect(AuditRow(bytes: row.bytes) == row) }

    @Test(arguments: [
        #"{"kind":"note","at":"2026-11-24T12:00:00.000000Z","text":"a"} "#,
        #"{"kind":"note", "at":"2026-11-24T12:00:00.000000Z","text":"a"}"#,
        #"{"at":"2026-11-24T12:00:00.000000Z","kind":"note","text":"a"}"#,
        #"{"kind":"note","at":"2026-11-24T12:00:00.000000Z","text":"a","more":"b"}"#,
        #"{"kind":"note","at":"2026-11-24T12:00:00.000000Z","text":"a","text":"b"}"#,
        #"{"kind":"note","at":"2026-11-24T12:00:00.000000Z","text":"\u0061"}"#,
        #"{"kind":"note","at":"2026-11-24T12:00:00.000000Z","text":"a}"#, #"{"kind":"other"}"#, "{}", "", "{", "[]",
    ])
    func `is read in its canonical form only`(_ text: String) { #expect(AuditRow(bytes: Array(text.utf8)) == nil) }
}

@Suite struct `The hash chain` {
    @Test func `is the SHA-256 of the hash before and the row`() {
        var chain = ChainHead.empty
        chain.append(Array("abc".utf8))
        #expect(chain.rows == 1)
        // sha256(32 zero bytes, "abc"), computed with sha256sum.
        #expect(chain.hash == hex("365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370"))
        chain.append([])
        #expect(chain.hash == hex("e68b0c72b1aff9488294900ba6cc1e99075122a8d0c122eb42da506f9c2321a4"))
    }

    @Test func `depends on the order`() {
        var (one, other) = (ChainHead.empty, ChainHead.empty)
        one.append([1])
        one.append([2])
        other.append([2])
        other.append([1])
        #expect(one != other)
    }

    private func hex(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8).compactMap(ASCII.hexValue)
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
