/// What a language model of the sandbox says: the same to everybody, a token for each word.
struct Completion {
    let words: [String]
    let promptTokens: Int
    /// Whether the limit cut it short.
    let isCut: Bool

    static let sentence = "The sandbox answers every prompt with this one sentence."

    /// - Parameters:
    ///   - prompt: the request's messages; four bytes of text are a token.
    ///   - limit: the most tokens that the answer may have.
    init(prompt: JSON?, limit: Int?) {
        let all = Self.sentence.split(separator: " ").map(String.init)
        words = Array(all.prefix(max(0, limit ?? all.count)))
        isCut = words.count < all.count
        promptTokens = max(1, (prompt?.strings.map(\.utf8.count).reduce(0, +) ?? 0) / 4)
    }

    var text: String { words.joined(separator: " ") }
    var pieces: [String] { words.enumerated().map { $0.offset == 0 ? $0.element : " \($0.element)" } }
}
