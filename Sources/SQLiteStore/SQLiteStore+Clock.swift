package import Core
import GRDB

extension SQLiteStore {
    package func lastClock() async throws(StoreFailure) -> Moment? {
        try await onQueue { db in
            try Int64.fetchOne(db, sql: "SELECT value FROM facts WHERE name = ?", arguments: [Fact.clock])
                .map { Moment(microseconds: $0) }
        }
    }

    package func tell(clock now: Moment) async throws(StoreFailure) {
        try await onQueue { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
                arguments: [Fact.clock, now.microseconds])
        }
    }

    package func moveEnds(by step: Span, now: Moment) async throws(StoreFailure) {
        try await onQueue { db in
            for table in ["stops", "budget_changes"] {
                try db.execute(
                    sql: "UPDATE \(table) SET until = until + ? WHERE until IS NOT NULL",
                    arguments: [step.microseconds])
            }
        }
        guard step < .seconds(0) else { return }
        for (table, end) in [("keys", "expires"), ("runs", "deadline")] {
            var after: String? = ""
            while let id = after { after = try await moveEnds(table, end, after: id, by: step, now) }
        }
    }

    /// The next rows in the order of their IDs, so that each is moved once: short turns, as a hold waits for them. Answers
    /// the last ID, nil at the end.
    private func moveEnds(
        _ table: String, _ end: String, after id: String, by step: Span, _ now: Moment
    ) async throws(StoreFailure) -> String? {
        try await onQueue { db in
            let last = try String.fetchOne(
                db, sql: "SELECT max(id) FROM (SELECT id FROM \(table) WHERE id > ? ORDER BY id LIMIT 1000)",
                arguments: [id])
            guard let last else { return nil }
            try db.execute(
                sql: "UPDATE \(table) SET \(end) = \(end) + ? WHERE id > ? AND id <= ? AND \(end) > ?",
                arguments: [step.microseconds, id, last, now.microseconds])
            return last
        }
    }
}
