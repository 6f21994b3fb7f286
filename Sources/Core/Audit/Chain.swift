internal import Crypto

/// One row of the records: a decision, an outcome, or a note of something that was no request.
package enum AuditRow: Sendable, Equatable {
    case decision(DecisionRecord)
    case outcome(OutcomeRecord)
    case note(AuditNote)
}

/// What an operator did (stopped a run), or what the store has to say of itself (it was opened on an older copy).
package struct AuditNote: Sendable, Equatable {
    package var at: Moment
    package var text: String
    /// Which run or key it is about.
    package var runID: String?
    package var keyID: String?

    package init(at: Moment, text: String, runID: String? = nil, keyID: String? = nil) {
        (self.at, self.text, self.runID, self.keyID) = (at, text, runID, keyID)
    }
}

/// The head of the hash chain over the records: `hash = SHA256(hash before || row bytes)`, zeros before the first row.
///
/// One value, so that both kinds of rows are in one order; whoever appends keeps it.
package struct ChainHead: Sendable, Equatable {
    package var rows: Int64
    package var hash: [UInt8]

    package static let empty = ChainHead(rows: 0, hash: [UInt8](repeating: 0, count: 32))

    package init(rows: Int64, hash: [UInt8]) { (self.rows, self.hash) = (rows, hash) }

    /// Moves on by one row.
    package mutating func append(_ row: [UInt8]) {
        var hasher = SHA256()
        hash.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        row.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        hash = hasher.finalize().withUnsafeBytes { Array($0) }
        rows += 1
    }
}
