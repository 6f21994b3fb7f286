/// The port to the client: reads its content, writes it an answer. All calls come from the exchange's task.
package protocol Client: Sendable {
    /// The next piece of content, or nil at its end; sends `100 Continue` first when the client waits for one.
    /// - Throws: `.malformedRequest` for content that breaks its framing; `ClientGone` is a cancelled task.
    func read() async throws(Refusal) -> [UInt8]?

    /// Content that has already arrived whole, or nil: then it is streamed.
    func contentAtHand() -> [UInt8]?

    /// What has arrived of content in chunks, left where it is: broken framing is refused before anything is sent.
    /// - Throws: `.malformedRequest`, `.headTooLarge`.
    func contentAhead() throws(Refusal) -> [UInt8]

    func interim(_ head: AnswerHead)
    func begin(_ head: AnswerHead)
    /// Returns when the client can take more.
    func write(_ bytes: [UInt8]) async
    func end(_ trailers: Fields)
    /// Ends the answer so that nobody takes it for a whole one; `event` is a last SSE event.
    func cut(event: String?)
    /// Lets a `read` or `write` that waits return, and no later one wait; from any thread.
    func unblock()
    /// Ends the answer at once, with the refusal where it had not begun, else visibly cut; from any thread.
    func stop(_ refusal: Refusal, _ context: RefusalContext)
    /// Answers with a refusal; only before `begin`.
    func refuse(_ refusal: Refusal, _ context: RefusalContext)
}

/// What a refusal's answer may tell besides the refusal.
package struct RefusalContext: Sendable {
    package var requestID: RequestID?
    /// The vendor whose error shape is used.
    package var vendor: Vendor? { target?.vendor }
    private var target: Target?
    /// Only an identified caller sees details.
    package var identified: Bool

    package init(requestID: RequestID?, target: Target?, identified: Bool) {
        (self.requestID, self.target, self.identified) = (requestID, target, identified)
    }
}
