@testable import Core

/// A client with its content in pieces, and a note of everything that it was told.
final class FakeClient: Client {
    enum Said: Equatable, Sendable {
        case interim(Int)
        case head(Int)
        case content(String)
        case end
        case cut(String?)
        case refused(String)
    }

    struct State {
        var said: [Said] = []
        var head: AnswerHead?
        var trailers = Fields()
        var pieces: [[UInt8]] = []
        var broken: Refusal?
        var unblocked = false
        var context: RefusalContext?
        var refusal: Refusal?
    }

    let state: Guarded<State>
    /// Called before each piece is read, and on each thing said.
    private let onRead: @Sendable () async -> Void
    private let onSaid: @Sendable (Said) -> Void
    private let atHand: Bool

    init(
        _ pieces: [String] = [], broken: Refusal? = nil, atHand: Bool = false,
        onRead: @escaping @Sendable () async -> Void = {},
        onSaid: @escaping @Sendable (Said) -> Void = { _ in }
    ) {
        var state = State()
        (state.pieces, state.broken) = (pieces.map { Array($0.utf8) }, broken)
        self.state = Guarded(state)
        (self.onRead, self.onSaid, self.atHand) = (onRead, onSaid, atHand)
    }

    var said: [Said] { state.withLockedValue { $0.said } }
    var refusal: Refusal? { state.withLockedValue { $0.refusal } }
    var text: String {
        said.reduce(into: "") { text, said in if case .content(let piece) = said { text += piece } }
    }

    private func say(_ said: Said) {
        onSaid(said)
        state.withLockedValue { $0.said.append(said) }
    }

    func read() async throws(Refusal) -> [UInt8]? {
        await onRead()
        let result: Result<[UInt8]?, Refusal> = state.withLockedValue { state in
            if state.unblocked { return .success(nil) }
            if !state.pieces.isEmpty { return .success(state.pieces.removeFirst()) }
            return state.broken.map { .failure($0) } ?? .success(nil)
        }
        return try result.get()
    }

    func contentAtHand() -> [UInt8]? {
        guard atHand else { return nil }
        return state.withLockedValue { state in
            defer { state.pieces = [] }
            return state.pieces.flatMap { $0 }
        }
    }

    func contentAhead() throws(Refusal) -> [UInt8] { [] }

    func interim(_ head: AnswerHead) { say(.interim(head.status)) }

    func begin(_ head: AnswerHead) {
        state.withLockedValue { $0.head = head }
        say(.head(head.status))
    }

    func write(_ bytes: [UInt8]) async { say(.content(String(bytes: bytes))) }

    func end(_ trailers: Fields) {
        state.withLockedValue { $0.trailers = trailers }
        say(.end)
    }

    func cut(event: String?) { say(.cut(event)) }

    func unblock() { state.withLockedValue { $0.unblocked = true } }

    func stop(_ refusal: Refusal, _ context: RefusalContext) {
        let begun = state.withLockedValue { $0.head != nil }
        if begun { cut(event: nil) } else { refuse(refusal, context) }
    }

    func refuse(_ refusal: Refusal, _ context: RefusalContext) {
        let first = state.withLockedValue { state in
            guard state.refusal == nil else { return false }
            (state.refusal, state.context) = (refusal, context)
            return true
        }
        if first { say(.refused(refusal.code)) }
    }
}
