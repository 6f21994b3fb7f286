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
        Fact("a chain that nobody touched is intact") { books in
            let store = try await books.open()
            for number in 0..<25 { store.record(.example("req_\(number)", code: "host_not_allowed")) }
            await store.flush()
            #expect(try await store.verify() == .intact(rows: 25))
            await books.close(store)
        },
    ]
}
