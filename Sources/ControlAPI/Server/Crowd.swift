internal import Core
internal import NIOCore

/// The open connections of a listener, of which there are only so many.
///
/// When one too many comes, the one that has been idle for longest goes: whoever comes with a request gets it answered,
/// however many hold connections and say nothing.
final class Crowd: Sendable {
    private struct Member {
        let channel: any Channel
        /// Of those that are idle the lowest came first.
        var idleSince: UInt64?
    }

    private struct State {
        var members: [ObjectIdentifier: Member] = [:]
        var clock: UInt64 = 0

        mutating func tick() -> UInt64 {
            clock += 1
            return clock
        }
    }

    private let limit: Int
    private let state = Guarded(State())

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLockedValue { $0.members.count } }

    func enter(_ channel: any Channel) {
        let leaver: (any Channel)? = state.withLockedValue { state in
            let others = state.members
            state.members[ObjectIdentifier(channel)] = Member(channel: channel, idleSince: state.tick())
            guard others.count >= limit else { return nil }
            let idle = others.values.filter { $0.idleSince != nil }
            return idle.min { ($0.idleSince ?? 0) < ($1.idleSince ?? 0) }?.channel ?? channel
        }
        leaver.map { leave($0) }
        leaver?.close(promise: nil)
    }

    func leave(_ channel: any Channel) {
        state.withLockedValue { _ = $0.members.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// Whether a whole request has come that is not answered yet.
    func set(_ channel: any Channel, busy: Bool) {
        state.withLockedValue { state in
            let since = busy ? nil : state.tick()
            state.members[ObjectIdentifier(channel)]?.idleSince = since
        }
    }
}
