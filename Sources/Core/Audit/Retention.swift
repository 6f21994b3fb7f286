/// How long what is over is kept; nil is for ever.
package struct Retention: Sendable, Equatable {
    /// Rows of the records.
    package var audit: Span?
    /// Keys and runs, from their end on. Whoever is revoked stays known.
    package var keys: Span?

    package init(audit: Span? = nil, keys: Span? = nil) { (self.audit, self.keys) = (audit, keys) }
}

/// What was removed from the beginning of a chain.
package struct PrunedRows: Sendable, Equatable {
    package var rows: Int64
    /// The newest time in any of them.
    package var until: Moment

    package init(rows: Int64, until: Moment) { (self.rows, self.until) = (rows, until) }
}
