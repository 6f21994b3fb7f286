/// Who is calling: a run, a vault key, or both; each was alive a moment ago.
package final class Caller: Sendable {
    package let run: Run?
    package let key: VaultKey?
    /// The trusted program that named the run.
    package let program: String?

    init(run: Run?, key: VaultKey?, program: String?) { (self.run, self.key, self.program) = (run, key, program) }

    /// What a stop of it can be about, before it has a key.
    func subject(_ target: Target, _ rules: Rules) -> Subject {
        rules.subject(run, runID: run?.id ?? key?.runID, key: key?.owner, vendor: target.vendor.name)
    }

    /// For counts and messages.
    package var title: String { run?.id ?? key?.label ?? program ?? "" }
}
