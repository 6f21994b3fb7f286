#if DEBUG || FAILPOINTS
internal import Foundation
#endif

/// Places where a crash would hurt most. A debug build, and one of `make failpoints`, kills itself at the one that
/// `COFFERDAM_FAILPOINT` names; in a release there is nothing of it.
package enum Failpoint: String, CaseIterable, Sendable {
    case afterParse = "after-parse"
    case beforeHold = "before-hold"
    case holdInTransaction = "hold-in-transaction"
    case afterHold = "after-hold"
    case beforeConnect = "before-connect"
    case afterHeadSent = "after-head-sent"
    case afterContentSent = "after-content-sent"
    case afterFirstAnswerByte = "after-first-answer-byte"
    case afterAnswer = "after-answer"
    case beforeSettle = "before-settle"
    case settleInTransaction = "settle-in-transaction"
    case afterSettle = "after-settle"

    /// Ends the process here and now, as a crash would, if this is the chosen place and `condition` holds.
    @inline(__always)
    package func reach(if condition: @autoclosure () -> Bool = true) {
        #if DEBUG || FAILPOINTS
        if self == Self.chosen, condition() { kill(getpid(), SIGKILL) }
        #endif
    }

    #if DEBUG || FAILPOINTS
    private static let chosen: Failpoint? = {
        guard let name = ProcessInfo.processInfo.environment["COFFERDAM_FAILPOINT"], !name.isEmpty else { return nil }
        guard let point = Failpoint(rawValue: name) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            FileHandle.standardError.write(Data("COFFERDAM_FAILPOINT: no \(name); there are: \(known)\n".utf8))
            exit(64)
        }
        return point
    }()
    #endif
}
