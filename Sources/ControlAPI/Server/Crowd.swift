internal import Core
internal import NIOCore

/// The open connections of a listener, of which there are only so many.
///
/// When one too many comes, one of the others goes: whoever comes with a request gets it answered, however many hold
/// connections and say nothing, or ask and never read. Strangers, who never showed a valid token, hold at most half of
/// the places: beyond that they push out each other, whoever has done nothing for longest.
final class Crowd: Sendable {
    private struct Member {
        let channel: any Channel
        /// Whether a whole request has come that is not answered yet.
        var isBusy = false
        /// It has shown no valid token.
        var isStranger = true
        /// When it last became busy or idle: the lowest was first.
        var since: UInt64
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
            let others = Array(state.members.values)
            state.members[ObjectIdentifier(channel)] = Member(channel: channel, since: state.tick())
            return choose(others, channel)
        }
        leaver.map { leave($0) }
        leaver?.close(promise: nil)
    }

    /// Who goes for the newcomer, if anybody must.
    private func choose(_ others: [Member], _ newcomer: any Channel) -> (any Channel)? {
        let strangers = others.filter(\.isStranger)
        let stranger = strangers.min { $0.since < $1.since }
        if strangers.count >= max(1, limit / 2) { return stranger?.channel }
        guard others.count >= limit else { return nil }
        // A call with a token is never cut off.
        let idle = others.filter { !$0.isBusy }.min { $0.since < $1.since }
        return (idle ?? stranger)?.channel ?? newcomer
    }

    func leave(_ channel: any Channel) {
        state.withLockedValue { _ = $0.members.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    func set(_ channel: any Channel, busy: Bool) {
        state.withLockedValue { state in
            let since = state.tick()
            state.members[ObjectIdentifier(channel)]?.isBusy = busy
            state.members[ObjectIdentifier(channel)]?.since = since
        }
    }

    /// A call has shown a valid token here.
    func trust(_ channel: any Channel) {
        state.withLockedValue { $0.members[ObjectIdentifier(channel)]?.isStranger = false }
    }

    func trusts(_ channel: any Channel) -> Bool {
        state.withLockedValue { $0.members[ObjectIdentifier(channel)]?.isStranger == false }
    }
}
