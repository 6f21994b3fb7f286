/// A standing right of runs to get a key for one vendor.
package struct Policy: Sendable {
    package var name: String
    /// Run IDs that it is for.
    package var runs: Glob
    package var vendor: String
    package var endpoints: [EndpointPattern]
    /// For each run.
    package var caps = Caps()
    /// Caps of single operations (by operation name), also for each run.
    package var operationCaps: [String: Caps] = [:]
    /// Lifetime of its exchanged keys.
    package var lifetime: Span = .seconds(300)
    /// The label of its keys; `{run}` and `{policy}` are filled in.
    package var label = "{run}"
    /// Values that are let through in fields which select accounts, modes and versions (lower-case names).
    package var pinned: [String: [String]] = [:]
    /// Tags of its runs that have none of the name themselves.
    package var tags = Tags()
    /// Tags without which a run gets no key.
    package var requiredTags: [String] = []
    /// What fields of its requests must be.
    package var only: [FieldRule] = []
    /// It only watches: what it would refuse is let through, and on record.
    package var observes = false
    /// Changes when anything that matters changes.
    package var fingerprint = ""
    package var place: Place? { didSet { title = Place.text("policy \(name)", place) } }
    package var capsPlace: Place?
    /// What records call it: `policy billing (proxy.conf:12)`.
    package private(set) var title: String

    package init(name: String, runs: Glob, vendor: String, endpoints: [EndpointPattern]) {
        (self.name, self.runs, self.vendor, self.endpoints) = (name, runs, vendor, endpoints)
        title = "policy \(name)"
    }
}
