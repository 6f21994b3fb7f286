import Core
import Testing

extension Fact {
    /// What every store does with the records.
    package static let audit: [Fact] = [
        Fact("a request's record has its decision and its outcome") { books in
            let store = try await books.open()
            let hold = try await store.hold(.example(.dollars(4), [.run("r", Caps(daily: .dollars(10)))]))
            let waiting = try await store.records(AuditFilter(), after: nil, newest: false, limit: 10)
            #expect(waiting.count == 1 && waiting[0].outcome == nil)
            #expect(waiting[0].decision.estimate == .dollars(4) && waiting[0].decision.room == .dollars(6))
            var outcome = OutcomeRecord.example(hold, cost: .dollars(3))
            (outcome.originStatus, outcome.vendorRequestID) = (200, "req_\"quoted\"\n")
            store.close(hold, .settled(.dollars(3)), outcome)
            outcome.room = .dollars(7)
            let records = try await store.records(AuditFilter(), after: nil, newest: false, limit: 10)
            #expect(records.map(\.outcome) == [outcome])
            await books.close(store)
        },
        Fact("records come oldest first after a cursor, or the newest ones") { books in
            let store = try await books.open()
            for number in 0..<25 { store.record(.example("req_\(number)", code: "host_not_allowed")) }
            let all = try await store.records(AuditFilter(), after: nil, newest: false, limit: 100)
            #expect(all.map(\.decision.requestID.text) == (0..<25).map { "req_\($0)" })
            let next = try await store.records(AuditFilter(), after: all[9].sequence, newest: false, limit: 5)
            #expect(next == Array(all[10..<15]))
            let newest = try await store.records(AuditFilter(), after: nil, newest: true, limit: 5)
            #expect(newest == Array(all[20...]))
            await books.close(store)
        },
        Fact("records are found by tags, and by what a policy would have refused") { books in
            let store = try await books.open()
            for number in 0..<700 {
                var record = DecisionRecord.example("req_\(number)", code: number % 2 == 0 ? "allowed" : "stopped")
                record.tags = number % 100 == 0 ? "tenant=acme,user=\(number)" : "tenant=other"
                record.observed = number % 200 == 0 ? "cap_exhausted" : nil
                store.record(record)
            }
            func found(_ tags: [String: Glob], _ decision: String?) async throws -> [String] {
                var filter = AuditFilter()
                (filter.tags, filter.decision) = (tags, decision)
                return try await store.records(filter, after: nil, newest: false, limit: 5)
                    .map(\.decision.requestID.text)
            }
            #expect(
                try await found(["tenant": Glob("ac*")], nil) == ["req_0", "req_100", "req_200", "req_300", "req_400"])
            #expect(try await found(["tenant": Glob("acme"), "user": Glob("600")], nil) == ["req_600"])
            #expect(try await found([:], "observed") == ["req_0", "req_200", "req_400", "req_600"])
            #expect(try await found(["team": Glob("*")], nil) == [])
            await books.close(store)
        },
        Fact("a note stands between the requests, and is found by its run, by its key and as a note") { books in
            let store = try await books.open()
            store.record(.example("req_1", code: "host_not_allowed"))
            let note = AuditNote(at: .start, text: "stopped: \"a loop\"", runID: "r", keyID: "key_1")
            store.note(note)
            store.record(.example("req_2", code: "host_not_allowed"))
            let all = try await store.records(AuditFilter(), after: nil, newest: false, limit: 10)
            try #require(all.map(\.isNote) == [false, true, false])
            #expect(all[1] == AuditRecord(sequence: 2, note: note) && all[1].decision.reason == note.text)
            var (byRun, byKey, byKind, refusals) = (AuditFilter(), AuditFilter(), AuditFilter(), AuditFilter())
            (byRun.runID, byKey.keyID) = (Glob("r"), "key_1")
            (byKind.decision, refusals.decision) = ("note", "refused")
            for filter in [byRun, byKey, byKind] {
                #expect(try await store.records(filter, after: nil, newest: true, limit: 10) == [all[1]])
            }
            #expect(try await store.records(refusals, after: nil, newest: true, limit: 10) == [all[0], all[2]])
            #expect(try await store.verify() == .intact(rows: 3))
            await books.close(store)
        },
        Fact("a chain that nobody touched is intact") { books in
            let store = try await books.open()
            for number in 0..<25 { store.record(.example("req_\(number)", code: "host_not_allowed")) }
            await store.flush()
            #expect(try await store.verify() == .intact(rows: 25))
            await books.close(store)
        },
    ]
}
