/// Who asks for keys, runs and records: a bounded issuer sees only what is its own.
package struct Viewer: Sendable {
    /// As keys name their issuer.
    package var name: String
    package var ceiling: Ceiling

    package init(name: String, ceiling: Ceiling) { (self.name, self.ceiling) = (name, ceiling) }

    package var isBounded: Bool { ceiling != Ceiling() }

    /// Keys of its runs, whoever made them; one that belongs to no run is its issuer's alone.
    package func sees(_ key: VaultKey) -> Bool {
        ceiling.reaches(runID: key.runID, vendor: key.vendor)
            && (key.runID != nil || !isBounded || key.issuer == name)
    }

    package func sees(_ run: Run) -> Bool { ceiling.reaches(runID: run.id, vendor: nil) }

    /// What the record itself says; of one without a run its key's issuer decides.
    package func mayReach(_ record: AuditRecord) -> Bool {
        ceiling.reaches(runID: record.decision.runID, vendor: record.decision.vendor)
    }
}
