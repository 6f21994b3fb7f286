package import Core

/// All records of a filter, oldest first, in pieces: one page of the store is in memory at a time.
package struct RecordsExport: Pieces {
    private let store: any AuditStore
    private var filter: AuditFilter
    private let form: RecordsForm
    private var after: Int64?
    private var step = Step.opening
    /// An issuer gets only what is its own.
    var choose: @Sendable ([AuditRecord]) async throws(StoreFailure) -> [AuditRecord] = { $0 }

    private enum Step: Sendable { case opening, records, end }

    private static let page = 500

    /// Up to `now` unless the filter ends sooner: what comes meanwhile is the next export's.
    package init(_ store: any AuditStore, _ filter: AuditFilter, after: Int64? = nil, now: Moment, form: RecordsForm) {
        (self.store, self.filter, self.after, self.form) = (store, filter, after, form)
        if filter.until == nil { self.filter.until = now }
    }

    package mutating func next() async throws(StoreFailure) -> [UInt8]? {
        switch step {
        case .opening:
            step = .records
            return form.opening
        case .records:
            let page = try await store.records(filter, after: after, newest: false, limit: Self.page)
            after = page.last?.sequence ?? after
            if page.count < Self.page { step = .end }
            return try await choose(page).flatMap(form.line)
        case .end: return nil
        }
    }
}
