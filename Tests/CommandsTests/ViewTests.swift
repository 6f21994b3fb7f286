import Core
import Testing

@testable import Commands

@Suite struct `What people read` {
    private static let now = Moment(rfc3339: "2026-11-24T02:14:00Z") ?? Moment(seconds: 0)

    @Test(arguments: [
        (0, "$0.00"), (400, "$0.0004"), (5_000_000, "$5.00"), (4_480_000_000, "$4,480.00"),
        (1_234_567_890_000, "$1,234,567.89"), (999_999_999, "$999.999999"),
    ])
    func `shows money with two decimals, more where a cent is too coarse`(micros: Int64, text: String) {
        #expect(Money(micros: micros).shown == text)
    }

    @Test func `shows a time today without its date`() {
        #expect(Moment(rfc3339: "2026-11-24T02:11:04Z")?.shown(now: Self.now) == "02:11:04")
        #expect(Moment(rfc3339: "2026-11-23T23:59:59Z")?.shown(now: Self.now) == "11-23 23:59:59")
    }

    @Test func `can't be steered by what a caller wrote`() {
        var table = Table([.init("LABEL"), .init("COST", .right)])
        table.add(["a\u{1B}[2Jb\u{202E}\nc\u{9B}31m", "$1.00"])
        #expect(table.text == "LABEL           COST\na\u{FFFD}[2Jb\u{FFFD}\u{FFFD}c\u{FFFD}31m  $1.00\n")
    }

    @Test func `sums what was spent, with what is left out and the whole below`() throws {
        let sum =
            #""requests":31,"refused":4,"in_doubt":1,"spent_usd":"4460.00","held_usd":"0.00","in_doubt_usd":"5.00""#
        let answer = try JSONValue.parse(
            Array(
                """
                {"since":"2026-11-24","until":null,"group_by":["run","vendor"],"others":{\(sum)},"total":{\(sum)},
                 "groups":[{"run_id":"billing-7","vendor":null,\(sum)}]}
                """.utf8))
        #expect(
            SpendCommand.text(answer) == """
                RUN        VENDOR  REQUESTS  REFUSED      SPENT   HELD   IN DOUBT
                billing-7  –             31        4  $4,460.00  $0.00  $5.00 (1)
                others                   31        4  $4,460.00  $0.00  $5.00 (1)
                total                    31        4  $4,460.00  $0.00  $5.00 (1)
                2026-11-24 on
                """)
    }

    @Test(arguments: [
        (#"{"intact":true,"rows":12}"#, "intact: 12 rows"),
        (
            #"{"intact":true,"rows":12,"pruned_rows":500,"pruned_until":"2026-08-24T12:00:00Z"}"#,
            "intact: 12 rows; 500 rows pruned up to 2026-08-24T12:00:00Z"
        ),
        (
            #"{"intact":true,"rows":2,"last":9,"hash":"aa","store":"s1"}"#,
            "intact: 2 rows (8 to 9) of store s1, ending with aa"
        ),
        (#"{"intact":false,"row":7,"why":"it is missing"}"#, "BROKEN at row 7: it is missing"),
        (#"{"intact":false,"line":3,"why":"cut"}"#, "BROKEN at line 3: cut"),
    ])
    func `says of the chain what was found`(verdict: String, text: String) throws {
        #expect(AuditVerifyCommand.text(try JSONValue.parse(Array(verdict.utf8))) == text)
    }

    @Test func `puts the worst first and the next step last`() throws {
        let status = try JSONValue.parse(
            Array(
                """
                {"status":"degraded","ready":true,"version":"0.1.0","uptime_s":273600,
                 "problems":[{"code":"credential_unavailable","vendor":"twilio","since":"2026-11-24T01:12:00Z","fix":"restore x"},
                  {"code":"configuration_rejected","detail":"proxy.conf:31:5 unknown key \\"buget\\"","fix":"repair the file"}],
                 "config":{"generation":12},"vendors":{"stripe":{"ok":true,"mode":"live"},"twilio":{"ok":false}},
                 "now":{"in_flight":7,"keys":31,"runs":4,"stops":[]},
                 "today":{"spent_usd":"1940.00","held_usd":"5.00","in_doubt_usd":"40.00","in_doubt":2},
                 "accounts":[{"account":"run billing-7","spent_usd":"4480.00","held_usd":"5.00","in_doubt_usd":"40.00",
                  "cap_usd":"5000.00","period":"daily","remaining_usd":"475.00"}],
                 "top":[{"run":"billing-7","spent_15m_usd":"610.00"}],
                 "refusals_15m":{"cap_exhausted":412},"refused_runs_15m":{"billing-7":412}}
                """.utf8))
        var view = StatusView(status)
        (view.paint.on, view.now) = (false, Self.now)
        #expect(
            view.text == """
                DEGRADED  twilio refused: no credential since 01:12:00; restore x
                          newer configuration rejected: proxy.conf:31:5 unknown key "buget"; repair the file
                cofferdam 0.1.0 · up 3d 4h · config #12 · 4 runs · 31 keys · 7 in flight
                vendors  stripe LIVE · twilio refused
                today    $1,940.00 spent · $5.00 held · $40.00 in doubt (2: cofferdam holds)
                ACCOUNT            SPENT   HELD   DOUBT              CAP     LEFT  LAST 15 MIN
                run billing-7  $4,480.00  $5.00  $40.00  $5,000.00 a day  $475.00  $610.00  full in about 11 min
                refused, 15 min: 412 cap_exhausted, most by run billing-7
                stop it: cofferdam stop run=billing-7

                """)
    }

    @Test func `has a line for each record`() throws {
        let records = try JSONValue.parse(
            Array(
                """
                [{"time":"2026-11-24T02:11:04Z","run_id":"billing-7","vendor":"stripe","operation":"payment_intents.create",
                  "decision":"allowed","code":"allowed","cost_usd":20,"remaining_usd":40,"origin_status":200,"duration_ms":38,
                  "request_id":"req_8Zt1"},
                 {"time":"2026-11-24T02:11:05Z","run_id":"billing-7","vendor":"stripe","operation":"payouts.create",
                  "decision":"refused","code":"endpoint_not_allowed","cost_usd":0,"request_id":"req_8Zt2"},
                 {"time":"2026-11-24T02:11:09Z","run_id":"billing-7","vendor":"stripe","operation":"payment_intents.create",
                  "decision":"in_doubt","code":"allowed","cost_usd":20,"remaining_usd":20,"failure":"origin_timeout",
                  "request_id":"req_8Zt3"}]
                """.utf8))
        guard case .array(let values) = records else { return }
        let view = AuditView(records: values, paint: Paint(on: false), now: Self.now)
        let lines = view.text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
        #expect(lines.count == 4)
        #expect(lines[1].suffix(5).joined(separator: " ") == "$20.00 $40.00 200 38ms req_8Zt1")
        #expect(lines[2].suffix(5).joined(separator: " ") == "endpoint_not_allowed – – – req_8Zt2")
        #expect(lines[3].suffix(6).joined(separator: " ") == "IN DOUBT $20.00 $20.00 timeout req_8Zt3")
    }

    @Test func `sums up a run: what was refused, what was cut, and what is not over`() throws {
        let text = """
            [{"decision":"allowed","code":"allowed","operation":"charges.create","result":"settled","cost_usd":20,
              "request_id":"req_1"},
             {"decision":"allowed","code":"allowed","operation":"chat.create","result":"free","cost_usd":0,
              "origin_status":200,"failure":"run_revoked","request_id":"req_2"},
             {"decision":"refused","code":"run_revoked","operation":"chat.create","request_id":"req_3"},
             {"decision":"allowed","code":"allowed","operation":"charges.create","estimate_usd":5,"request_id":"req_4"}]
            """
        guard case .array(let records) = try JSONValue.parse(Array(text.utf8)) else { return }
        let summary = RunSummary(
            runID: "a", records: records, cap: Money(micros: 50_000_000), code: 0, seconds: 3, canExplain: true)
        let lines = summary.lines.map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            lines == [
                "a ended (exit 0, 3 s): spent $20.00 + $5.00 held of $50.00 · 2 allowed · 2 refused",
                "2x run_revoked chat.create cut while it was in flight",
                "1x still in flight: the price is held until the answer comes", "why: cofferdam explain req_3",
            ])
        let view = AuditView(records: records, paint: Paint(on: false), now: Self.now)
        #expect(view.lines.contains("200 run_revoked"))
    }

    @Test(arguments: [
        ("run=a", StopTarget.run("a")), ("key=k=1", .key("k=1")), ("run=a*", .rule(.run(Glob("a*")))),
        ("label=a:*", .rule(.label(Glob("a:*")))), ("policy=p", .rule(.policy("p"))), ("vendor=v", .rule(.vendor("v"))),
        ("all", .rule(.all)), ("stop_x", .stop("stop_x")),
    ])
    func `names a target`(text: String, target: StopTarget) throws {
        #expect(try StopTarget(text) == target)
    }

    @Test(arguments: ["", "run=", "=a", "label=", "run", "Run=a", "tag=a"])
    func `names no target`(text: String) {
        #expect(throws: Quit.self) { try StopTarget(text) }
    }
}

@Suite struct `Server-sent events` {
    @Test func `are found however they are cut`() throws {
        let text = Array(": following\n\nid: 1\ndata: {\"a\":1}\n\n:\n\nid: 2\ndata: {\"a\":2}\n\n".utf8)
        for size in 1...text.count {
            let found = Guarded<[JSONValue]>([])
            let reader = EventReader { value in found.withLockedValue { $0.append(value) } }
            for start in stride(from: 0, to: text.count, by: size) {
                reader.take(Array(text[start..<min(start + size, text.count)]))
            }
            #expect(found.withLockedValue { $0.map { $0["a"] } } == [.number("1"), .number("2")])
        }
    }
}
