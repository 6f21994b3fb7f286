/// Who is calling: a run, a vault key, or both; each was alive a moment ago.
package struct Caller: Sendable {
    package let run: Run?
    package let key: VaultKey?
    /// The trusted program that named the run.
    package let program: String?

    init(run: Run?, key: VaultKey?, program: String?) { (self.run, self.key, self.program) = (run, key, program) }

    /// For counts and messages.
    package var title: String { run?.id ?? key?.label ?? program ?? "" }
}
