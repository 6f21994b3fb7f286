internal import CCurl
internal import Core

// The answer, on its way from libcurl to the mailbox.
extension CurlTransfer {
    /// A line of a head or of the trailers. False ends the transfer.
    func takeLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        // A turn that sends may bring the answer too, and then its end does not see these two.
        Failpoint.afterHeadSent.reach(if: leg.upload.hasContent)
        Failpoint.afterContentSent.reach(if: leg.stage == .waiting && leg.upload.hasContent)
        Failpoint.afterFirstAnswerByte.reach()
        if leg.stage != .answering {
            leg.stage = .answering
            postpone(request.dial.idleTimeout)
        }
        do {
            switch try leg.parser.take(line) {
            case .more: return true
            case .interim(let head): takeInterim(head)
            case .head(let head): takeHead(head)
            }
            return true
        } catch {
            leg.verdict = (.protocolError, error.words)
            return false
        }
    }

    private func takeInterim(_ head: AnswerHead) {
        say(.interim(head))
        // The answer itself is still awaited; it may take as long as the first sign of life did.
        leg.stage = leg.upload.isDone ? .waiting : .uploading
        postpone(leg.upload.isDone ? request.dial.firstByteTimeout : request.dial.idleTimeout)
    }

    private func takeHead(_ head: AnswerHead) {
        say(.head(head))
        postpone(request.dial.idleTimeout)
        if head.framing == .untilClose { watchForGoodbye() }
        guard head.status >= 300, leg.upload.isStreamed, !leg.upload.isDone else { return }
        // No more content is sent after such an answer; a writer must not wait for it.
        leg.isAnsweredEarly = true
        endUpload(waking: &loop.sleepers)
    }

    /// A piece of content; answers what libcurl's write callback must answer.
    func takeContent(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard leg.parser.allowsContent else {
            leg.verdict = (.protocolError, "content where there is none")
            return 0
        }
        if mustPause() {
            leg.pausesAnswer = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        leg.say(content: bytes)
        loop.soil(self)
        postpone(request.dial.idleTimeout)
        return bytes.count
    }

    func say(_ event: OriginEvent) {
        leg.say(event)
        loop.soil(self)
    }

    func postpone(_ timeout: Span) { loop.setDeadline(of: self, in: timeout) }
}
