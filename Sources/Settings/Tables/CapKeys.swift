internal import Core

extension Caps {
    /// Reads the cap keys of a table that may have others too.
    init(_ table: Table) {
        self.init()
        table.read("daily_usd_cap", into: &daily) { $0.money() }
        table.read("monthly_usd_cap", into: &monthly) { $0.money() }
        table.read("total_usd_cap", into: &total) { $0.money() }
        table.read("request_usd_cap", into: &request) { $0.money() }
    }
}

extension Table {
    /// The line of the first cap.
    var capsPlace: Place? { entries.first { KnownTable.caps.contains($0.name) }?.key.place }
}
