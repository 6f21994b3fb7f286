/// What a path under `/_test/` does to the client. Each says its parameters where it is written.
typealias Behaviour = @Sendable (Exchange) async throws -> Void

enum Behaviours {
    /// By the first segment after `/_test/`.
    static let all: [String: Behaviour] = [Plain.all, Sizes.all, Streams.all, Endings.all, Broken.all, Leaks.all]
        .reduce(into: [:]) { $0.merge($1) { first, _ in first } }
}

extension Exchange {
    /// The segment behind a behaviour's name, as a number.
    func size(default value: Int = 0) -> Int {
        segments.count > 2 ? Int(segments[2]) ?? value : value
    }
}
