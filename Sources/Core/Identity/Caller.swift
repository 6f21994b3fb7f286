/// Who is calling: a run, a vault key, or both; each was alive a moment ago.
package struct Caller: Sendable {
    package let run: Run?
    package let key: VaultKey?
    /// The trusted program that named the run.
    package let program: String?

    init(run: Run?, key: VaultKey?, program: String?) { (self.run, self.key, self.program) = (run, key, program) }

    /// What a stop of it can be about, before it has a key: the label is the one that its key would get.
    func subject(_ target: Target, _ rules: Rules) -> Subject {
        let vendor = target.vendor.name
        let policy = run.flatMap { rules.policy(for: $0.id, vendor) }
        let label = key?.label ?? run.flatMap { policy?.label(run: $0.id) }
        return Subject(runID: run?.id ?? key?.runID, label: label, policy: policy?.name ?? key?.policy, vendor: vendor)
    }

    /// For counts and messages.
    package var title: String { run?.id ?? key?.label ?? program ?? "" }
}
