/// How long what is over is kept; nil is for ever.
package struct Retention: Sendable, Equatable {
    /// Rows of the records.
    package var audit: Span?
    /// Keys and runs, from their end on. Whoever is revoked stays known.
    package var keys: Span?
    /// Sums of spending by label, run, key and tag; those by day, vendor and policy are kept for ever.
    package var spend: Span?

    package init(audit: Span? = nil, keys: Span? = nil, spend: Span? = nil) {
        (self.audit, self.keys, self.spend) = (audit, keys, spend)
    }
}

/// What was removed from the beginning of a chain.
package struct PrunedRows: Sendable, Equatable {
    package var rows: Int64
    /// The newest time in any of them.
    package var until: Moment

    package init(rows: Int64, until: Moment) { (self.rows, self.until) = (rows, until) }
}
