import Core
import Foundation
import GRDB

/// Reads requests with what came of them.
struct AuditQuery {
    let filter: AuditFilter

    init(_ filter: AuditFilter) { self.filter = filter }

    func page(_ db: Database, after: Int64, newest: Bool, limit: Int) throws -> [AuditRecord] {
        let order = newest ? "DESC" : "ASC"
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT seq, row FROM audit WHERE kind = 0 AND seq > ? ORDER BY seq \(order)", arguments: [after])
        var found: [AuditRecord] = []
        while found.count < limit, let row = try cursor.next() {
            guard case .decision(let decision)? = AuditRow(bytes: Array(row[1] as Data)) else { continue }
            let outcome = try outcome(of: decision.requestID, db)
            let record = AuditRecord(sequence: row[0], decision: decision, outcome: outcome)
            if filter.matches(record) { found.append(record) }
        }
        return newest ? found.reversed() : found
    }

    private func outcome(of request: RequestID, _ db: Database) throws -> OutcomeRecord? {
        let statement = try db.cachedStatement(
            sql: "SELECT row FROM audit WHERE request = ? AND kind = 1 ORDER BY seq DESC LIMIT 1")
        guard let bytes = try Data.fetchOne(statement, arguments: [request.text]),
            case .outcome(let outcome)? = AuditRow(bytes: Array(bytes))
        else { return nil }
        return outcome
    }
}

extension AuditFilter {
    func matches(_ record: AuditRecord) -> Bool {
        let decision = record.decision
        return matches(label, decision.label) && matches(runID, decision.runID)
            && keyID.map { $0 == decision.keyID } ?? true && vendor.map { $0 == decision.vendor } ?? true
            && requestID.map { $0 == decision.requestID.text } ?? true
            && since.map { $0 <= decision.at } ?? true && until.map { decision.at <= $0 } ?? true
            && matchesDecision(record)
    }

    private func matches(_ glob: Glob?, _ name: String?) -> Bool {
        guard let glob else { return true }
        return name.map(glob.matches) ?? false
    }

    private func matchesDecision(_ record: AuditRecord) -> Bool {
        switch decision {
        case nil: true
        case "refused": record.decision.code != DecisionRecord.allowed
        case "in_doubt": record.outcome?.result == "in_doubt"
        case let code: record.decision.code == code
        }
    }
}
